"""Schemes of the firm's own: who keeps them, what is told of them, and what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.commands import manual
from crm_tui.commands.verbs import schemes as verbs
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.schemes import SHIPPED, source_of
from crm_tui.services import history, lists, schemes, tiers
from crm_tui.services.entry_lines import lines
from tests.domain.test_scheme_files import SCORED
from tests.domain.test_schemes import GOOD
from tests.factories import Team, column, make

BANDS = GOOD + """
[rule]
kind = "bands"
metric = "sales"
[thresholds]
big = 1000
small = 0
"""  # fmt: skip


@pytest.mark.parametrize("who", ["admin", "lead"])
def test_leads_and_administrators_add_a_scheme_and_everybody_has_it(team: Team, who: str) -> None:
    outcome = schemes.add(getattr(team, who), GOOD)
    assert outcome.message == "scheme size added"
    team.li.refresh()
    assert [tier.identifier for tier in team.li.settings.schemes["size"].tiers] == ["big", "small"]
    key = make(team.li)
    tiers.assign(team.li, [key], "big", team.li.settings.schemes["size"])
    assert outcome.entry_id is not None
    assert lines(team.admin, outcome.entry_id) == ["scheme size: added"]


def test_reps_and_service_keep_no_schemes(team: Team) -> None:
    schemes.add(team.admin, GOOD)
    for session in (team.li, team.service):
        for change in (lambda s=session: schemes.add(s, GOOD), lambda s=session: schemes.remove(s, "size")):
            with pytest.raises(NotAllowed, match="leads and administrators"):
                change()
        assert any(line.startswith("size") for line in schemes.listed(session).lines)


def test_adding_tells_who_would_move_and_moves_nobody(team: Team) -> None:
    key = make(team.li, "Big Co", stage="actual")
    team.order(key, "2026-10-01", 5_000_00)
    outcome = schemes.add(team.admin, BANDS)
    told = "\n".join(outcome.lines)
    assert "Big Co" in told
    assert "Sbig" in told
    assert outcome.lines[-1] == "nothing is graded yet: grade size applies it"
    assert team.database.rows("SELECT scheme FROM customer_tier WHERE scheme = 'size'") == []


def test_a_scheme_of_the_same_name_stands_in_for_a_shipped_one_until_it_is_removed(team: Team) -> None:
    own = source_of("label").replace("cadence_days = 7", "cadence_days = 5")
    assert schemes.add(team.admin, own).message == "scheme label stands in for the one that ships"
    assert schemes.add(team.admin, own).message == "scheme label is so already"
    assert schemes.add(team.admin, own + "# mine\n").message == "scheme label changed"
    high = team.admin.settings.schemes["label"].tiers[0]
    assert high.cadence_days == 5
    assert schemes.remove(team.admin, "label").message == "scheme label removed; the one that ships is back"
    team.admin.refresh()
    assert team.admin.settings.schemes["label"].tiers[0].cadence_days == 7


def test_adding_and_removing_are_taken_back(team: Team) -> None:
    schemes.add(team.lead, GOOD)
    history.undo(team.lead)
    team.lead.refresh()
    assert "size" not in team.lead.settings.schemes
    history.redo(team.lead)
    schemes.remove(team.lead, "size")
    history.undo(team.lead)
    team.lead.refresh()
    assert "size" in team.lead.settings.schemes


def test_badges_follow_the_order_of_a_scheme_that_stands_in(team: Team) -> None:
    key = make(team.li)
    team.admin.refresh()
    tiers.assign(team.li, [key], "A", team.admin.settings.schemes["abcd"])
    with pytest.raises(UsageError, match="scheme abcd keeps its tiers A, B, C, D"):
        schemes.add(team.admin, source_of("abcd").replace('"D"', '"E"'))
    schemes.add(team.admin, source_of("abcd").replace('colour = "red"', 'colour = "green"'))
    assert (column(team.database, "tier", key), column(team.database, "tier_rank", key)) == ("A", 0)


def test_tiers_that_are_gone_are_counted(team: Team) -> None:
    schemes.add(team.admin, GOOD)
    team.li.refresh()
    tiers.assign(team.li, [make(team.li)], "small", team.li.settings.schemes["size"])
    outcome = schemes.add(team.admin, GOOD.replace('"small"\nkey', '"tiny"\nkey'))
    assert "1 customer has the tier small, which is gone" in outcome.lines


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace('"size"', '"primary"'), '"primary" is no name for a scheme'),
        (GOOD.replace('"size"', '"Value"'), '"Value" is called value here'),
        (SCORED.replace("stage:actual", "region:x stage:acktual"),
         "scheme worth, line 3, population: at character 16 of the filter: "),
        *((SCORED.replace("stage:actual", text),
           f"scheme worth, line 3, population: at character {place} of the filter: whom a scheme grades cannot depend ")
          for text, place in (("owner:me", 7), ("stage:actual or owner:li,ME", 23), ("not claimable:yes", 15),
                              ("log.by:me", 8), ("-comment.by:me stage:actual", 13))),
        (SCORED.replace("weight = 60", "weight = 61"), "scheme worth, line 12, metric 1.weight: the weights"),
    ],
)
def test_a_faulty_scheme_is_refused_and_nothing_is_kept(team: Team, text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        schemes.add(team.admin, text)
    assert str(caught.value).startswith(problem)
    assert team.database.value("SELECT count(*) FROM scheme") == 0


@pytest.mark.parametrize("population", ["owner:li", 'tag:"me"', "blocked:no last:>90d", "name:me", "owner:any"])
def test_a_population_that_is_the_same_for_everybody_is_taken(team: Team, population: str) -> None:
    text = SCORED.replace('"stage:actual"', f"'{population}'")
    assert schemes.add(team.admin, text).message == "scheme worth added"


def test_an_empty_file_is_told_by_its_name(team: Team, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(" \n")
    with pytest.raises(UsageError, match=r"^mine\.toml, line 1: the file is empty$"):
        verbs.add(team.admin, {"file": str(tmp_path / "mine.toml")}, ())


def test_what_is_not_ones_own_is_not_removed(team: Team) -> None:
    with pytest.raises(CrmError, match="scheme value comes with the program"):
        schemes.remove(team.admin, "value")
    with pytest.raises(UsageError, match='no scheme "size" of your own: none'):
        schemes.remove(team.admin, "size")


def test_the_list_says_where_a_scheme_comes_from_and_what_cannot_be_read(team: Team) -> None:
    schemes.add(team.admin, GOOD)
    with team.admin.changing() as change:
        change.insert("scheme", [{"identifier": "odd", "text": 'identifier = "odd"'}])
    told = schemes.listed(team.li).lines
    primary = "primary in non_customer, potential, target, intent, lost"
    assert f"abcd  intent  [by hand]  A, B, C, D  (shipped); {primary}" in told
    assert "size  size  [by hand]  big, small  (own)" in told
    assert "! scheme odd, tier: needs at least one [[tier]]" in told
    assert schemes.remove(team.admin, "odd").message == "scheme odd removed"


def test_the_example_of_the_manual_is_a_scheme(team: Team) -> None:
    text = "\n".join(manual.page("schemes")).split("```")[1].removeprefix("toml")
    assert schemes.add(team.admin, text).message == "scheme worth added"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_population_of_a_shipped_scheme_is_a_filter(team: Team, name: str) -> None:
    lists.read(team.li, team.li.settings.schemes[name].population)


def test_the_text_of_a_scheme_is_shown_as_it_was_written(team: Team) -> None:
    schemes.add(team.admin, GOOD)
    shown = schemes.show(team.li, team.admin.settings.schemes["size"])
    assert shown.data[0]["text"] == GOOD
    assert "\n".join(shown.lines) + "\n" == GOOD
    assert "# What a customer is worth" in schemes.show(team.li, team.li.settings.schemes["value"]).lines[0]
