"""How macros are played, whoever plays them: what is read before anything runs, and the order of what is done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from crm_tui.commands import playing
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.macros import Macro, parse
from crm_tui.commands.playing import ALL_TIMES, DEPTH, TIMES, Answer, Asks, Did, Do, Playing, Report, Rows, Sure
from crm_tui.domain.errors import CrmError, NotAllowed, SignedOut, UsageError
from crm_tui.services.session import Outcome, Refusal
from tests.factories import Team


def program(text: str, times: int = 1, /, **others: str) -> playing.Program:
    """The program of a macro `m` that may play the others."""

    def load(name: str) -> Macro:
        if name not in others:
            raise CrmError(f'there is no macro "{name}"')
        return parse(others[name], name)

    return playing.program(parse(text, "m"), CATALOG, load, {}, times)


def converse(played: Playing, answer: Callable[[Asks], Answer]) -> Report:
    """Play it: `answer` does what is asked. The report."""
    talk = played.steps()
    said: Answer | None = None
    with suppress(StopIteration):
        while True:
            said = answer(talk.send(said))
    return played.report


class Stage:
    """Answers what is asked, and keeps what was done; `bad` are steps that fail, by text, or text and row."""

    def __init__(self, rows: tuple[int, ...] = (1, 2, 3), bad: tuple[str, ...] = (), sure: bool = True) -> None:
        self.rows, self.bad, self.sure = rows, bad, sure
        self.done: list[str] = []
        self.asked: list[Sure] = []

    def __call__(self, asks: Asks) -> Answer:
        if isinstance(asks, Rows):
            return self.rows
        if isinstance(asks, Sure):
            self.asked.append(asks)
            return self.sure
        text = asks.step.text if asks.row is None else f"{asks.step.text} {asks.row}"
        self.done.append(text)
        if text in self.bad:
            return Did(error=UsageError("no"))
        return Did(Outcome("ok", (asks.row or 0,)))

    def play(self, played: playing.Program) -> Report:
        return converse(Playing(played), self)


def done(text: str, *bad: str, times: int = 1, **others: str) -> list[str]:
    """What is done, in order."""
    stage = Stage(bad=bad)
    stage.play(program(text, times, **others))
    return stage.done


@pytest.mark.parametrize(
    ("text", "bad", "order"),
    [
        ("tag a\ntag b", (), "tag a, tag b"), ("tag a; tag b\ntag c", (), "tag a, tag b, tag c"),
        ("tag a\ntag b\ntag c", ("tag b",), "tag a, tag b"),
        ("on error next\ntag a\ntag b\ntag c", ("tag b",), "tag a, tag b, tag c"),
        ("on error next\ntag a; tag b; tag c\ntag d", ("tag b",), "tag a, tag b, tag d"),
        ("on each\ntag a\ntag b", (), "tag a 1, tag b 1, tag a 2, tag b 2, tag a 3, tag b 3"),
        ("on each\ntag a\ntag b", ("tag a 2",), "tag a 1, tag b 1, tag a 2"),
        ("on each\non error next\ntag a\ntag b", ("tag a 2",), "tag a 1, tag b 1, tag a 2, tag a 3, tag b 3"),
        ("tag a\nplay o\ntag b", (), "tag a, tag x, tag y, tag b"),
        ("tag a\nplay o\ntag b", ("tag x",), "tag a, tag x"),
        ("on error next\ntag a\nplay o\ntag b", ("tag x",), "tag a, tag x, tag b"),
        ("tag a\nplay n\ntag b", ("tag x",), "tag a, tag x, tag y, tag b"),
        ("play o --times 2", (), "tag x, tag y, tag x, tag y"), ("play e", (), "tag z 1, tag z 2, tag z 3"),
        ("on each\nplay e\ntag b", (), "tag z 1, tag b 1, tag z 2, tag b 2, tag z 3, tag b 3"),
        ("on each\non error next\nplay o", ("tag x 2",), "tag x 1, tag y 1, tag x 2, tag x 3, tag y 3"),
        ("play p --set t=own", (), "tag own"), ("play p", (), "tag default"),
    ],
)  # fmt: skip
def test_steps_are_done_in_order_and_a_failure_ends_what_it_should(text: str, bad: tuple[str, ...], order: str) -> None:
    others = {
        "o": "tag x\ntag y", "n": "on error next\ntag x\ntag y", "e": "on each\ntag z", "p": "tag {t=default}",
    }  # fmt: skip
    assert ", ".join(done(text, *bad, **others)) == order


def test_the_report_counts_by_step_and_says_where_it_ended() -> None:
    report = Stage(bad=("tag b 2",)).play(program("on each\ntag a\ntag b\ntag c"))
    assert [(t.step.text, t.times, t.changed, t.failed) for t in report.tallies.values()] == [
        ("tag a", 2, 2, 0), ("tag b", 2, 1, 1), ("tag c", 1, 1, 0),
    ]  # fmt: skip
    assert (report.steps, report.customers, report.ended) == (5, {1, 2}, "stopped at m:3")
    assert [str(failure) for failure in report.failures] == ["m:3 [2]: no"]
    assert report.exit_code == 4


@pytest.mark.parametrize(
    ("did", "failed", "code"),
    [
        (Did(Outcome("ok", (1,))), False, 0), (Did(), False, 0), (Did(error=NotAllowed("no")), True, 3),
        (Did(Outcome("ok", (1,), (Refusal(2, "", "no"),))), False, 4),
        (Did(Outcome("", (), (Refusal(2, "", "no", True),))), True, 3), (Did(error=UsageError("no")), True, 2),
    ],
)  # fmt: skip
def test_what_did_nothing_is_a_failure_what_left_some_out_is_not(did: Did, failed: bool, code: int) -> None:
    report = converse(Playing(program("tag a")), lambda asks: did)
    assert (did.failed, report.exit_code) == (failed, code)


def test_before_an_on_each_that_changes_anything_it_is_asked() -> None:
    stage = Stage(sure=False)
    report = stage.play(program("on each\ntag a"))
    assert (stage.done, stage.asked, report.ended) == ([], [Sure("m", 3)], "nothing was changed")
    looking = Stage(sure=False)
    looking.play(program("on each\nwhy"))
    assert (looking.asked, len(looking.done)) == ([], 3)


def test_without_a_row_there_is_nothing_to_play_on() -> None:
    assert "no customer" in Stage(rows=()).play(program("on each\ntag a")).ended


def test_one_who_is_out_plays_nothing_any_more() -> None:
    with pytest.raises(SignedOut):
        converse(Playing(program("on error next\ntag a\ntag b")), lambda asks: Did(error=SignedOut("left")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("play m", "m:1:1: m → m: a macro cannot play itself"), ("play a", "a:1:1: m → a → m"),
        ("play nosuch", 'm:1:1: there is no macro "nosuch"'), ("play a --times 0", "once to 1,000 times"),
        (f"play a --times {TIMES + 1}", "once to 1,000 times"), ("play b --times 11", f"{ALL_TIMES + 1_000:,} times"),
        ("record x", "no place in a macro"), ("replay", "no place in a macro"), ("play c --set x=1", "no parameter x"),
        ("play bad", "bad:2:1: there is no command"), ("play c --set x", "not name=value"), ("watch", "no place"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_known_before_anything_runs(text: str, told: str) -> None:
    others = {"a": "play m", "b": f"play c --times {TIMES}", "c": "tag c", "bad": "tag a\ntga b"}
    with pytest.raises(UsageError, match=told.replace("(", r"\(")):
        program(text, **others)


def test_macros_play_each_other_so_deep_and_no_deeper() -> None:
    chain = {f"m{n}": f"play m{n + 1}" for n in range(2, DEPTH)} | {f"m{DEPTH}": "tag end"}
    assert done("play m2", **chain) == ["tag end"]
    with pytest.raises(UsageError, match="more than 20 deep"):
        program("play m1", m1="play m2", **chain)


def test_values_are_read_ahead_until_a_step_makes_names(team: Team) -> None:
    def check(text: str) -> None:
        playing.check(team.admin, program(text), lambda command: None)

    for text, told in (("tag a; tier", "m:1:12"), ("next blah", "m:1:6"), ("filter tier:A )", "m:1:")):
        with pytest.raises(UsageError, match=told):
            check(text)
    check("pools add west\nfilter pool:west\nassign west")
    with pytest.raises(UsageError):
        check("filter pool:west\npools add west")
    with pytest.raises(NotAllowed, match=r"^m:2:1: only administrators"):
        playing.check(team.li, program("tag a\nconfig set currency EUR"), lambda command: None)
    with pytest.raises(UsageError, match="m:1:1: not here"):
        playing.check(team.li, program("tag a"), lambda command: "not here")


def test_a_talk_that_is_closed_has_told_what_was_done() -> None:
    play = Playing(program("tag a\ntag b"))
    talk = play.steps()
    assert isinstance(next(talk), Do)
    talk.send(Did(Outcome("ok", (1,))))
    talk.close()
    assert (play.report.steps, play.report.customers) == (1, {1})
