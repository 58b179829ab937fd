from __future__ import annotations

import pytest

from crm_tui.commands import kinds
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import complete
from crm_tui.domain.errors import Conflict, CrmError, NotAllowed, UsageError
from crm_tui.services import columns, history, lists, pool_lists, teams, views
from crm_tui.services.lists import Query, Within
from crm_tui.services.session import Session
from crm_tui.services.teams import Given
from tests.factories import Team, make
from tests.store.present import present


def names(session: Session) -> list[str]:
    session.refresh()
    return [view.name for view in views.seen(session)]


def test_a_view_is_kept_with_filter_columns_and_sort_and_opened_with_them(team: Team) -> None:
    views.save(team.li, "周一", filter="tier:A owner:me", columns="name:30,tier", sort="tier -due", letter="m")
    view = views.find(team.li, "周一")
    query, chosen = views.opened(team.li, view)
    assert query == Query("tier:A owner:me", order=lists.sort_order("tier -due"))
    assert [str(one) for one in chosen] == ["name:30", "tier"]
    assert views.lettered(team.li, "m") == view
    assert names(team.wang) == []


def test_a_view_is_saved_anew_under_its_name_whatever_its_case(team: Team) -> None:
    views.save(team.li, "Hot", filter="tier:A", letter="h")
    outcome = views.save(team.li, "hot", filter="tier:B")
    assert outcome.message == "view Hot saved anew"
    assert [(view.name, view.filter, view.letter) for view in views.seen(team.li)] == [("Hot", "tier:B", "h")]
    assert views.save(team.li, "hot", filter="tier:B").entry_id is None


def test_a_letter_opens_one_view(team: Team) -> None:
    views.save(team.li, "one", filter="tier:A", letter="m")
    views.save(team.li, "two", filter="tier:B", letter="m")
    assert views.lettered(team.li, "m").name == "two"
    history.undo(team.li)
    assert views.lettered(team.li, "m").name == "one"
    with pytest.raises(CrmError, match='no view has the letter "x"'):
        views.lettered(team.li, "x")


@pytest.mark.parametrize("name", ["", "  ", "-x", "\x1b"])
def test_what_cannot_name_a_view_is_refused(team: Team, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name"):
        views.save(team.li, name, filter="tier:A")


def test_a_new_view_of_nothing_and_a_wrong_letter_are_refused(team: Team) -> None:
    with pytest.raises(UsageError, match="what does it show"):
        views.save(team.li, "x")
    for letter in ("mm", "é", "'"):
        with pytest.raises(UsageError, match="no letter"):
            views.save(team.li, "x", filter="tier:A", letter=letter)
    assert views.save(team.li, "all", filter="").entry_id


def test_a_view_is_renamed_and_removed_by_its_owner_alone(team: Team) -> None:
    views.save(team.lead, "hot", filter="tier:A", shared="team")
    views.save(team.lead, "cold", filter="tier:D")
    with pytest.raises(UsageError, match="already"):
        views.rename(team.lead, "hot", "Cold")
    for refused in (lambda: views.rename(team.li, "hot", "mine"), lambda: views.remove(team.li, "hot")):
        with pytest.raises(NotAllowed, match="of zhao"):
            refused()
    views.rename(team.lead, "hot", "Hot")
    views.remove(team.lead, "cold")
    assert names(team.lead) == ["Hot"]
    with pytest.raises(UsageError, match="did you mean hot"):
        views.find(team.lead, "Hat")


def test_every_change_of_a_view_is_undone_and_done_again(team: Team) -> None:
    views.save(team.li, "hot", filter="tier:A", letter="h")
    for change in (
        lambda: views.save(team.li, "hot", filter="tier:B", sort="name"),
        lambda: views.rename(team.li, "hot", "warm"),
        lambda: views.remove(team.li, "hot"),
        lambda: views.save(team.li, "new", columns="name"),
    ):
        before = present(team.database)
        change()
        after = present(team.database)
        assert after != before
        history.undo(team.li)
        assert present(team.database) == before
        history.redo(team.li)
        assert present(team.database) == after
        history.undo(team.li)


# -- shared ones


def test_a_lead_shares_with_the_members_of_the_team_and_nobody_else(team: Team) -> None:
    teams.add(team.admin, "chen", role="rep")
    teams.add_team(team.admin, "south", None, ["chen"])
    views.save(team.lead, "hot", filter="tier:A", shared="team")
    assert names(team.li) == names(team.wang) == ["hot"]
    assert not views.find(team.li, "hot").mine
    for session in (team.li, team.service):
        with pytest.raises(NotAllowed, match="lead"):
            views.save(session, "x", filter="tier:A", shared="team")
    with pytest.raises(NotAllowed, match="administrators"):
        views.save(team.lead, "x", filter="tier:A", shared="everyone")
    views.save(team.admin, "all", filter="tier:B", shared="everyone")
    assert names(team.li) == ["all", "hot"]
    assert names(team.sign_in("chen")) == ["all"]


def test_own_names_go_before_shared_ones_and_own_letters_too(team: Team) -> None:
    views.save(team.lead, "Hot", filter="tier:B", shared="team", letter="h")
    views.save(team.li, "hot", filter="tier:A")
    assert views.find(team.li, "Hot").filter == "tier:A"
    assert names(team.li) == ["hot"]
    views.save(team.li, "mine", filter="tier:C", letter="h")
    assert views.lettered(team.li, "h").name == "mine"
    assert views.lettered(team.wang, "h").filter == "tier:B"


@pytest.mark.parametrize("is_named", [False, True])
def test_who_may_not_share_any_more_shares_no_more(team: Team, is_named: bool) -> None:
    if is_named:
        teams.edit_team(team.admin, "default", None, "zhao", [])
    views.save(team.lead, "hot", filter="tier:A", shared="team")
    teams.edit(team.admin, "zhao", Given(role="rep"))
    assert names(team.li) == []
    assert names(team.lead) == ["hot"]
    teams.edit(team.admin, "zhao", Given(role="lead"))
    assert names(team.li) == ["hot"]
    views.save(team.lead, "hot", shared="")
    assert names(team.li) == []


def test_a_shared_view_is_read_with_the_viewers_own_rights(team: Team) -> None:
    mine, others = make(team.li, "Li's"), make(team.wang, "Wang's")
    views.save(team.lead, "own", filter="owner:me", shared="team")
    views.save(team.lead, "all", filter="owner:any", shared="team")
    for session, own, every in ((team.li, [mine], [mine]), (team.wang, [others], [others]), (team.lead, [], [2, 1])):
        query, __ = views.opened(session, views.find(session, "own"))
        assert lists.page(session, query).ids == own
        query, __ = views.opened(session, views.find(session, "all"))
        assert lists.page(session, query).ids == every


def test_a_view_that_names_a_pool_out_of_sight_is_an_error_and_nothing_else(team: Team) -> None:
    pool_lists.add(team.admin, "east", "wang", None)
    views.save(team.admin, "east", filter="pool:east", shared="everyone")
    team.li.refresh()
    with pytest.raises(CrmError, match='the view "east" does not work here') as caught:
        views.opened(team.li, views.find(team.li, "east"))
    assert not isinstance(caught.value, UsageError)
    views.opened(team.wang, views.find(team.wang, "east"))


def test_a_list_is_kept_with_its_stage_and_its_pool(team: Team) -> None:
    pool_lists.add(team.admin, '华北 "A"', None, None)
    cases = [
        (Query(), ""),
        (Query("tier:A"), "tier:A"),
        (Query("tier:A or tier:B", "intent"), "stage:intent (tier:A or tier:B)"),
        (Query("tier:A owner:me", "intent"), "stage:intent tier:A owner:me"),
        (Query("tier:A", within=Within("pool", 1)), "pool:default tier:A"),
        (Query(within=Within("pool", 2)), 'pool:"华北 ""A"""'),
        (Query(within=Within("owner", team.lead.person.id)), "owner:me"),
        (Query(within=Within("owner", team.li.person.id)), "owner:li"),
    ]
    for query, text in cases:
        assert views.within(team.lead, query) == text
        assert lists.page(team.lead, Query(text)).ids == lists.page(team.lead, query).ids


def test_a_view_is_narrowed_by_a_further_filter(team: Team) -> None:
    keys = [make(team.li, name, region=region) for name, region in (("A", "north"), ("B", "south"), ("C", "north"))]
    query = views.narrowed(Query("name:A or name:B"), "region:north or region:west")
    assert lists.page(team.li, query).ids == keys[:1]
    assert views.narrowed(Query("name:A"), " ").filter == "name:A"
    assert views.narrowed(Query(), "name:A").filter == "name:A"


# -- one name, one letter


def test_a_letter_that_another_view_has_by_now_does_not_come_back(team: Team) -> None:
    views.save(team.li, "p1", filter="tier:A", letter="k")
    removed = views.remove(team.li, "p1")
    views.save(team.li, "p2", filter="tier:B", letter="k")
    before = present(team.database)
    with pytest.raises(Conflict):
        history.undo(team.li, removed.entry_id)
    assert present(team.database) == before
    assert [(view.name, view.letter) for view in views.seen(team.li)] == [("p2", "k")]


def test_a_name_that_another_view_has_by_now_does_not_come_back(team: Team) -> None:
    views.save(team.li, "q1", filter="tier:A")
    renamed = views.rename(team.li, "q1", "q3")
    views.save(team.li, "Ｑ1", filter="tier:B")
    with pytest.raises(Conflict):
        history.undo(team.li, renamed.entry_id)
    assert names(team.li) == ["q3", "Ｑ1"]


def test_a_letter_goes_from_view_to_view_and_back_by_undo(team: Team) -> None:
    views.save(team.li, "one", filter="tier:A", letter="m")
    views.save(team.li, "two", filter="tier:B")
    for holder, other in (("two", "one"), ("one", "two")):
        views.save(team.li, holder, letter="m")
        assert views.lettered(team.li, "m").name == holder
        history.undo(team.li)
        assert views.lettered(team.li, "m").name == other
        history.redo(team.li)
        assert views.lettered(team.li, "m").name == holder


def test_the_tables_refuse_a_second_name_or_letter_of_one_user(team: Team) -> None:
    for name, letter in (("one", ""), ("Ｏne", "k"), ("two", "k")):
        with team.li.changing() as change:
            row = {"user_id": team.li.person.id, "name": name, "name_key": views.key(name), "letter": letter}
            given = {**row, "shared": "", "filter": "", "columns": "", "sort": ""}
            if name == "Ｏne":
                with pytest.raises(Exception, match="UNIQUE"):
                    change.insert("saved_view", [given])
            elif name == "two":
                change.insert("saved_view", [given])
                with pytest.raises(Exception, match="UNIQUE"):
                    change.insert("saved_view", [{**given, "name_key": "three"}])
            else:
                change.insert("saved_view", [given])


@pytest.mark.parametrize(
    ("saved", "asked"),
    [
        ("Cafe\u0301", "CAFÉ"), ("Café", "cafe\u0301"), ("周会：甲", "周会:甲"), ("周会:甲", "周会：甲"),
        ("a\tb", " A b "),
    ],
)
def test_a_name_is_found_as_it_was_kept(team: Team, saved: str, asked: str) -> None:
    views.save(team.li, saved, filter="tier:A")
    assert views.save(team.li, asked, filter="tier:B").message.endswith("saved anew")
    assert views.find(team.li, asked).filter == "tier:B"
    assert kinds.view("due").read(team.li, asked) == views.find(team.li, saved)
    views.rename(team.li, asked, "other")
    views.save(team.li, saved, filter="tier:C")
    with pytest.raises(UsageError, match="already"):
        views.rename(team.li, "other", asked)
    views.remove(team.li, asked)


def test_a_name_is_never_cut(team: Team) -> None:
    views.save(team.li, "x" * 40, filter="tier:A")
    with pytest.raises(UsageError, match="40 characters"):
        views.save(team.li, "x" * 41, filter="tier:B")
    with pytest.raises(UsageError, match="40 characters"):
        views.rename(team.li, "x" * 40, "y" * 41)
    with pytest.raises(UsageError, match="is a screen"):
        kinds.NEW_VIEW.read(team.li, "ｄｕｅ")


def test_of_shared_views_with_one_letter_the_first_one_has_it_and_the_later_sharer_is_told(team: Team) -> None:
    views.save(team.lead, "zeta", filter="tier:A", shared="team", letter="k")
    told = views.save(team.admin, "alpha", filter="tier:B", shared="everyone", letter="k").message
    assert told == "view alpha saved; whoever sees zeta by zhao has the letter k for that one"
    team.li.refresh()
    assert views.lettered(team.li, "k").name == "zeta"
    assert {view.name: view.letter for view in views.seen(team.li)} == {"alpha": "", "zeta": "k"}
    assert views.lettered(team.admin, "k").name == "alpha"
    assert ";" not in views.save(team.lead, "zeta", filter="tier:C").message
    views.save(team.li, "mine", filter="tier:C", letter="k")
    assert views.lettered(team.li, "k").name == "mine"
    assert views.lettered(team.li, " ｋ").name == "mine"


def test_it_is_told_with_whom_a_view_is_shared_and_whose_it_is(team: Team) -> None:
    views.save(team.lead, "hot", filter="tier:A", shared="team")
    assert views.told(team.lead).lines == ("   hot  ·  tier:A  ·  for the team",)
    assert views.told(team.li).lines == ("   hot  ·  tier:A  ·  by zhao  ·  for the team",)
    assert [name for name, __ in kinds.OWN_VIEW.suggest(team.li)] == []
    assert [name for name, __ in kinds.OWN_VIEW.suggest(team.lead)] == ["hot"]
    shares = [[word for word, __ in kinds.SHARED.suggest(who)] for who in (team.li, team.lead, team.admin)]
    assert shares == [["own"], ["own", "team"], ["own", "team", "everyone"]]


def test_columns_may_have_commas_of_either_width_between_them() -> None:
    assert [str(one) for one in columns.read("name，tier,stage、owner")] == ["name", "tier", "stage", "owner"]
    assert [one.name for one in columns.word("name,tier，stage")] == ["name", "tier", "stage"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ('views save x --filter "tier:A ow', "owner:"),
        ("views save x --filter=ow", "owner:"),
        ("columns name,ti", "tier"),
        ("columns name，ti", "tier"),
        ("sort tier,du", "due"),
    ],
)
def test_the_last_of_several_words_is_completed(team: Team, line: str, offered: str) -> None:
    assert offered in complete(team.li, line, CATALOG).texts
