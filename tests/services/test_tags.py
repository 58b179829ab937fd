from __future__ import annotations

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.services import lists, tags
from crm_tui.services.lists import Query
from tests.factories import Team, make


def test_tags_are_put_on_once_and_found(team: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    assert tags.tag(team.li, [acme], ["VIP", "#广交会", "vip"]).message == "Acme: +vip +广交会"
    outcome = tags.tag(team.li, [acme, beta], ["vip"])
    assert (outcome.message, outcome.changed) == ("Beta: +vip", (beta,))
    assert sorted(lists.page(team.li, Query("tag:vip")).ids) == [acme, beta]
    assert lists.page(team.li, Query("tag:广交会")).ids == [acme]
    assert lists.rows(team.li, [acme])[acme]["tags"] == "vip 广交会"


def test_tags_are_taken_off(team: Team) -> None:
    key = make(team.li, "Acme")
    tags.tag(team.li, [key], ["vip", "expo"])
    assert tags.tag(team.li, [key], ["Expo", "unknown"], remove=True).message == "Acme: −expo −unknown"
    assert lists.page(team.li, Query("tag:expo")).ids == []
    again = tags.tag(team.li, [key], ["expo"], remove=True)
    assert (again.message, again.changed, again.entry_id) == ("nothing was changed", (), None)


@pytest.mark.parametrize("name", ["", "#", "two words", "a,b", 'a"b', "a:b", "(a", "\x1b", "a\nb"])
def test_a_tag_is_one_word(team: Team, name: str) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(UsageError):
        tags.tag(team.li, [key], ["vip", name])
    assert team.database.value("SELECT count(*) FROM tag") == 0
