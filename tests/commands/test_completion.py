"""What may follow on the `:` line, as tables; what is offered can stand there as it is."""

from __future__ import annotations

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import complete, complete_filter_text
from crm_tui.commands.language import quote
from tests.factories import Team


@pytest.mark.parametrize(
    ("line", "start", "offered"),
    [
        ("ti", 0, {"tier"}), ("TI", 0, {"tier"}), ("ｔｉ", 0, {"tier"}), ("con", 0, {"contact add", "config get"}),
        ("contact ", 0, {"contact add", "contact edit"}), ("contact a", 0, {"contact add"}), ("", 0, {"tier"}),
        ("tier ", 5, {"A", "accept", "high"}), ("tier a", 5, {"A", "accept"}), ("stage in", 6, {"intent"}),
        ("stage intent", 6, {"intent"}), ("stage Intent c", 13, set()),
        ("stage lost --", 11, {"--reason", "--on", "--yes"}), ("stage lost --rea", 11, {"--reason"}),
        ("stage lost --reason comp", 20, {"competitor"}), ("log --channel v", 14, {"visit"}),
        ("next ", 5, {"fri", "+3d"}),
        ("filter ti", 7, {"tier:"}), ("filter tier:A ow", 14, {"owner:"}), ("tag x --on reg", 11, {"region:"}),
        ('tag x --on "reg', 12, {"region:"}), ('tag x --on "tier:A reg', 19, {"region:"}), ("sort na", 5, {"name"}),
        ("sort -na", 5, {"-name"}), ("config get pool", 11, {"pool.holding_cap"}),
        ("new Acme ind", 9, {"industry="}),
        ("view ", 5, {"due", "pipeline", "history"}), ("users add chen --role le", 22, {"lead"}),
        ("stage --reason competitor in", 26, {"intent"}), ("export ti", 7, {"tier:"}), ("list --sort na", 12, {"name"}),
    ],
)  # fmt: skip
def test_what_may_follow(team: Team, line: str, start: int, offered: set[str]) -> None:
    offer = complete(team.li, line, CATALOG)
    assert offer.start == start
    assert offered <= set(offer.texts)


@pytest.mark.parametrize("line", ["nonsense ", "board x", "tier A --nonsense", "list --limit ", "log “"])
def test_where_nothing_is_known_nothing_is_offered(team: Team, line: str) -> None:
    assert complete(team.li, line, CATALOG).texts == ()


def test_what_one_may_not_run_is_not_offered(team: Team) -> None:
    assert complete(team.li, "assi", CATALOG).texts == ()
    assert complete(team.lead, "assi", CATALOG).texts == ("assign",)
    assert "config set" not in complete(team.lead, "con", CATALOG).texts
    assert "config set" in complete(team.admin, "con", CATALOG).texts


def test_a_typed_date_is_told_with_its_weekday(team: Team) -> None:
    assert "Fri 20 Nov 2026" in complete(team.li, "next fri", CATALOG).hint
    assert "Fri 20 Nov 2026" in complete(team.li, 'next "fri 15:00', CATALOG).hint
    assert "cannot read" in complete(team.li, "next fryday", CATALOG).hint


def test_a_filter_is_completed_by_itself_too(team: Team) -> None:
    offer = complete_filter_text(team.li, "tier:A ow")
    assert (offer.start, offer.texts[0]) == (7, "owner:")


@pytest.mark.parametrize("name", CATALOG)
def test_whatever_is_offered_is_one_word_of_a_line(team: Team, name: str) -> None:
    for argument in CATALOG[name].arguments:
        for text, __ in argument.kind.suggest(team.admin):
            assert quote(text) == text


@pytest.mark.parametrize("name", CATALOG)
def test_completion_never_fails_on_the_way_through_a_line(team: Team, name: str) -> None:
    line = f"{name} a“b 'c' --on x:\"y --reason=12 -- ："
    for end in range(len(line) + 1):
        offer = complete(team.li, line[:end], CATALOG)
        assert 0 <= offer.start <= end
