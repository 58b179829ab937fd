"""What a macro's lines are found wrong in before the first of them does anything, and what nobody finds wrong then."""

from __future__ import annotations

import pytest

from crm_tui.commands import playing, reasons
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Targets, perform, prepare
from crm_tui.commands.language import read
from crm_tui.commands.macros import Macro, parse
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.stages import STAGES, always_needs_reason
from crm_tui.services import views
from crm_tui.services.session import Session
from tests.factories import Team, make


def check(session: Session, *lines: str) -> None:
    """Look at a macro as everybody does who is going to play it."""

    def load(name: str) -> Macro:
        raise CrmError(name)

    macro = parse("\n".join(lines), "m")
    playing.check(session, playing.program(macro, CATALOG, load), lambda command: None)


@pytest.mark.parametrize(
    ("line", "at", "told"),
    [
        ("tier Z", 6, 'there is no tier "Z"'), ("tier A --scheme label", 6, "not in scheme label"),
        ("new Acme --tier Z", 17, "not in scheme abcd"),
        ("stage lost", 11, "needs a reason"), ("stage lost --reason bogus", 21, '"bogus" is not one of'),
        ("stage lost --reason other", 21, '"other" is not one of'), ("stage non_customer", 19, "wants a reason"),
        ("release", 8, "needs a reason"), ("release --reason zzz", 18, '"zzz" is not one of'),
        ('release --reason ""', 20, "needs a reason"), ("protect", 8, "wants a reason"),
        ("edit foo=bar", 6, 'unknown field "foo"'), ("edit revenue=abc", 14, "cannot read the amount"),
        ("edit region=n email=nobody", 21, "is not an address"), ("edit name=", 1, "needs a name"),
        ("new Acme revenue=abc", 18, "cannot read the amount"), ('new ""', 5, "needs a name"),
        ("new Acme --owner nobody", 18, 'no user "nobody"'),
        ("contact add Wu phone=1x", 22, "is not a number"), ("contact edit 7 foo=bar", 16, 'unknown field "foo"'),
        ('contact add ""', 1, "needs a name"), ("contact edit 7 name=", 1, "needs a name"),
        ("transfer nobody", 10, 'no user "nobody"'), ("transfer me", 10, 'no user "me"'),
        ("transfer sun", 10, "nothing is offered to sun"), ("share nobody", 7, 'no user "nobody"'),
        ("share sun --access edit", 7, "share to read"), ("unshare nobody", 9, 'no user "nobody"'),
        ("report --of nobody", 13, 'no user "nobody"'), ("users away li --stand-in nobody", 26, 'no user "nobody"'),
        ("views letter z", 14, 'no view has the letter "z"'), ("views letter zz", 14, "no letter or digit"),
        ("views save v --filter tier:A --letter zz", 39, "no letter or digit"), ("views remove v", 14, 'no view "v"'),
        ('views save ""', 13, "cannot name a view"), ('tag "a b"', 6, "one word"), ("untag x a,b", 9, "one word"),
    ],
)  # fmt: skip
def test_what_no_customer_could_cure_is_found_before_anything_is_done(
    team: Team, line: str, at: int, told: str
) -> None:
    with pytest.raises(UsageError) as error:
        check(team.li, "filter owner:me tier:B", "tag q1", line)
    where, __, message = str(error.value).partition(": ")
    assert told in message
    assert where.startswith("m:3:")
    assert abs(int(where.rpartition(":")[2]) - at) <= (line[at - 2 : at - 1] in "\"'"), where  # or the quote before it


@pytest.mark.parametrize("command", ["block", "unblock"])
def test_what_leads_do_for_a_reason_wants_one(team: Team, command: str) -> None:
    with pytest.raises(UsageError, match=f"m:1:{len(command) + 1}: {command} wants a reason"):
        check(team.lead, command)
    check(team.lead, f"{command} --reason said")


@pytest.mark.parametrize(
    "line",
    [
        "tier a", "tier accept", "tier accept --scheme label", "new Acme --tier B --owner me", "stage intent",
        "stage lost --reason 价格", 'stage lost --reason "other: moved abroad"', "stage lost --reason price:high",
        "stage non_customer --reason whatever", "stage 流失 --reason comp", "advance", "retreat",
        "retreat --reason whatever", "release --reason 暂无需求", "protect --reason whatever", "edit x.own=1 note=",
        "edit revenue=1.5m region=", "contact edit 7 name=Wu role=", "new Acme region=north --owner pool",
        "transfer wang --reason holiday", "share sun", "unshare me", "tag #vip 重点", "report --of me",
        "views save v --filter tier:A --letter q", 'views save v --filter tier:A --letter ""', "views letter k",
        "views remove kept", "list --view kept",
    ],
)  # fmt: skip
def test_what_may_do_for_some_customer_is_not_found_wrong(team: Team, line: str) -> None:
    views.save(team.li, "kept", filter="tier:A", letter="k")
    check(team.li, "tag q1", line)


def test_names_that_earlier_lines_make_are_not_looked_for_reasons_still_are(team: Team) -> None:
    check(team.admin, "users add amy --role rep", "transfer amy", "share amy")
    check(team.li, "views save v --filter tier:A --letter q", "views letter q", "views remove v")
    with pytest.raises(UsageError, match="m:2:8"):
        check(team.admin, "users add amy --role rep", "release")
    with pytest.raises(UsageError, match="m:2:21"):
        check(team.admin, "users add amy --role rep", "stage lost --reason bogus")


@pytest.mark.parametrize("line", ["teams add West --lead none", "users away me --until fri", "unshare me", "tag #vip"])
def test_words_that_stand_for_a_name_reach_the_verb_as_they_were_typed(team: Team, line: str) -> None:
    key = make(team.li)
    session = team.admin if line.startswith("teams") else team.li
    found = prepare(session, read(line, CATALOG), Targets((key,)))
    given = {name: text for name, text in found.call.values.items() if name != "until"}
    assert {name: found.values[name] for name in given} == given
    perform(session, found)


def test_commands_that_always_want_a_reason_are_commands_and_take_one() -> None:
    assert all("reason" in CATALOG[name].options for name in reasons.WANTED)
    assert [one.identifier for one in STAGES if always_needs_reason(one.identifier)] == ["non_customer", "lost"]
