"""A macro without a screen stands where the screens would stand: the same rows, the same cursor, the same marks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.headless import Headless, impossible
from crm_tui.commands.headless.pipeline import Listing
from crm_tui.commands.language import commands_of, read
from crm_tui.domain.errors import CrmError
from crm_tui.services import followups, pools
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from tests.factories import Team, in_days, make

Names = dict[str, int]
Play = Callable[..., Headless]


@pytest.fixture
def names(team: Team) -> Names:
    """Five of li's from the oldest, one of wang's, two in the pool."""
    own = {name: make(team.li, name, stage=stage) for name, stage in zip("abcde", STAGES, strict=True)}
    others = {"w": make(team.wang, "w"), **{name: make(team.admin, name, owner="pool") for name in ("p", "q")}}
    for name, days in (("d", 0), ("b", 1), ("a", 3)):
        followups.set_next(team.li, [own[name]], in_days(days))
    return own | others


STAGES = ("target", "potential", "target", "intent", "potential")


@pytest.fixture
def play(team: Team, names: Names) -> Play:
    """Play a line of commands as li; where that leads."""

    def played(line: str, session: Session = team.li) -> Headless:
        house = Headless(session)
        for part in commands_of(line):
            obey(house, part.text)
        return house

    return played


def obey(house: Headless, line: str) -> None:
    call = house.completed(read(line, CATALOG))
    prepared = prepare(house.session, call, house.targets_of(call.command))
    if call.command.view:
        house.show(call.command, prepared.values, prepared.ids)
    else:
        house.done(call, perform(house.session, prepared))


def under(house: Headless, names: Names) -> str:
    """The name of the customer under the cursor, then those that are marked, in order; those not shown in brackets."""
    by_id = {key: name for name, key in names.items()}
    cursor = "".join(by_id.get(key, "?") for key in house.here.under_cursor().ids)
    if not house.here.marked:
        return cursor
    targets = house.here.targets()
    marks = "".join(by_id[key] for key in targets.ids)
    shown = len(marks) - targets.hidden
    return f"{cursor} {marks[:shown]}" + (f"[{marks[shown:]}]" if targets.hidden else "")


CASES = (
    ("", "q"),  # everything that one sees, the newest first
    ("down; down", "e"),
    ("up", "q"),
    ("bottom", "a"),
    ("bottom; up", "b"),
    ("bottom; top", "q"),
    ("page-down", "a"),
    ("page-down; page-up", "q"),
    ("filter owner:me", "e"),
    ("down; filter owner:me", "e"),
    ("filter owner:me; filter", "q"),
    ("tab target", "c"),
    ("tab target; tab", "q"),
    ("filter owner:me; down; sort name", "d"),
    ("filter owner:me; sort stage name; top", "b"),
    ("filter owner:me; sort stage -name; top", "e"),
    ("filter owner:me; sort -stage name; top", "d"),
    ("mark", "p q"),
    ("mark; mark", "e qp"),
    ("mark; up; mark", "p"),
    ("mark all", "q qpedcba"),
    ("mark all; mark none", "q"),
    ("mark; mark invert", "p pedcba"),
    ("mark; down; down; mark range", "d qped"),
    ("down; mark range", "p p"),
    ("filter owner:me; mark all; tab target", "c ca[bde]"),
    ("filter owner:me; mark all; filter name:zzz", " [abcde]"),
    ("columns name; board; board", "q"),
    ("filter owner:me; tier B; down; tier B", "d"),
    ("filter tier:D owner:me; tier B; down", "d"),  # a row that left the list stays until that is entered again
    ("filter tier:D owner:me; tier B; refresh", "d"),
    ("filter tier:D owner:me; mark all; tier B; view due; view pipeline", ""),
    ("filter owner:me; down; open", "d"),
    ("filter owner:me; down; open; back", "d"),
    ("filter owner:me; mark; open", "d"),  # what shows a customer takes the one under the cursor, marks or not
    ("filter owner:me; mark; open; back", "d e"),
    ("filter owner:me; open 1; open 2", "b"),
    ("filter owner:me; mark; view due; view pipeline", "d"),  # to go elsewhere clears the marks
    ("filter owner:me; mark; open; view due; back", "d"),
    ("view due", "d"),
    ("view due; down", "b"),
    ("view due; filter name:a", "a"),
    ("view due; done x --next +9d", "b"),
    ("view due; done x --next +9d; done x --next +9d; done x --next +9d", "e"),
    ("view due; mark; done x --next +9d", "b d"),  # with marks the cursor stays
    ("view due; bottom; no-answer", "d"),
    ("view due; done x --next +9d; undo", "b"),
    ("view due; back", "q"),
    ("view pools; choose", "q"),
    ("view pools; choose; mark all", "q qp"),
    ("view pools; choose; down; claim", "p"),
    ("view pools; choose; down; claim; back; choose", "q"),
    ("view pools; choose; right", "e"),
    ("view pools; choose; right; left", "q"),
    ("view pools; down; choose", None),  # the heading between the public pools and the private ones
    ("view pools; down; down; choose", "e"),
    ("view pools; choose; back; back", "q"),
    ("filter owner:me; new Neu --anyway; down", "e"),  # a new customer is where the cursor is
    ("views save mine --filter owner:me --sort name; view mine", "a"),
    ("views save mine --filter owner:me --sort name --letter m; down; view due; views letter m", "a"),
    ("filter owner:me; sort name; tab target; views save here; filter; tab; sort; view here; mark all", "a ac"),
)


@pytest.mark.parametrize(("line", "where"), CASES)
def test_cursor_and_marks_are_where_the_screens_have_them(
    play: Play, names: Names, line: str, where: str | None
) -> None:
    if where is None:
        with pytest.raises(CrmError):
            play(line)
    else:
        assert under(play(line), names) == where


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("back", "nothing to go back to"), ("filter name:zzz; tier A", "no customer under the cursor"),
        ("view pools; tier A", "no customer under the cursor"), ("view pools; mark", "nothing to mark"),
        ("view due; tab target", "another screen"), ("choose", "another screen"), ("open; mark", "nothing to mark"),
        ("open; open", "open already"), ("board; down", "without a screen"), ("board; mark", "for the list"),
        ("open 99", "no customer 99"), ("filter tier:Z; down", "Z"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error_and_says_why(play: Play, line: str, told: str) -> None:
    with pytest.raises(CrmError, match=told):
        play(line)


def test_a_card_that_is_not_ones_own_any_more_closes(team: Team, play: Play, names: Names) -> None:
    house = play("filter owner:me; open")
    pools.assign(team.lead, [names["e"]], "wang")
    obey(house, "refresh")
    assert house.here.name == "pipeline"


def test_what_only_a_screen_has_is_known_before_anything_runs() -> None:
    refused = {name for name, command in CATALOG.items() if impossible(command)}
    assert {"copy", "quit", "undo here", "history", "sweep preview", "list", "palette", "help"} <= refused
    assert not refused & {"view", "mark", "filter", "choose", "board", "columns", "tier", "undo", "refresh"}


def test_a_long_list_is_read_as_far_as_it_is_needed(team: Team) -> None:
    made = [make(team.admin, f"Firma {n}", owner="pool") for n in range(120)]
    listing = Listing(team.admin, Query())
    assert len(listing.ids) == 100
    assert listing.ordered({made[-1]}) == [made[-1]]
    assert len(listing.ids) == 100
    assert listing.ordered({made[0], made[-1]}) == [made[-1], made[0]]
    assert list(listing.read_all()) == made[::-1]


def test_the_order_stays_as_it_was_when_the_change_came(team: Team, names: Names) -> None:
    """What is read later than a change is read before it, as the screens have read it by then."""
    made = [make(team.admin, f"Firma {n}", owner="pool") for n in range(130)]
    house = Headless(team.admin)
    obey(house, "filter tier:D name:Firma")
    house.settle()
    obey(house, f"tier B {made[0]}")
    assert len(house.here.order()) == 130


def test_the_pipeline_once_more_leaves_a_saved_view_for_its_own_list(play: Play, team: Team) -> None:
    house = play("filter stage:target; views save t; tab; view t; columns name; mark; view pipeline")
    here = house.here
    assert (here.query.filter, here.columns, here.marked) == ("owner:me", (), set())  # type: ignore[attr-defined]
    house = play("view t; view due; view pipeline")
    assert house.here.query.filter == "stage:target"  # type: ignore[attr-defined]
    assert play("filter tier:A; mark; view pipeline").here.query.filter == "tier:A"  # type: ignore[attr-defined]


def test_a_view_saved_from_a_pool_keeps_the_columns_of_the_pool(play: Play, team: Team) -> None:
    play("view pools; choose; views save lying")
    assert team.database.value('SELECT "columns" FROM saved_view').startswith("name,tier,stage")
