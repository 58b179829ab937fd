"""What a form asks is what the line could have said; what is filled in becomes the same call."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from crm_tui.commands import forms
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Targets, perform, prepare
from crm_tui.commands.forms import Sheet
from crm_tui.commands.language import Call, read
from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.services import cards, contacts, tags
from crm_tui.services.session import Session
from tests.factories import Team, column, day, follow_ups, make


def opened(session: Session, line: str, *ids: int) -> tuple[Call, Sheet]:
    call = read(line, CATALOG)
    return call, forms.sheet(session, call, ids)


def send(session: Session, line: str, values: dict[str, str], *ids: int) -> Call:
    """Fill the form in and send it, as the screen does."""
    call, sheet = opened(session, line, *ids)
    filled = forms.filled(call, sheet, values)
    perform(session, prepare(session, filled, Targets(ids)))
    return filled


@pytest.mark.parametrize("line", ["log", "done"])
def test_a_note_and_enter_is_enough(team: Team, line: str) -> None:
    key = make(team.li, "Acme", tier="A", contact={"name": "Wu"})
    __, sheet = opened(team.li, line, key)
    known = {asked.name: asked.value for asked in sheet.fields}
    assert sheet.fields[0].name == "note"
    assert known["next"] == day(3)
    assert known["channel"] == "call"
    assert dict(next(asked for asked in sheet.fields if asked.name == "contact").choices)[known["contact"]] == "Wu"
    assert not [asked for asked in sheet.fields if asked.required and not asked.value]
    send(team.li, line, {"note": "１２３，好的"}, key)
    assert team.database.rows("SELECT note, channel, connected, contact_id FROM interaction") == [
        ("１２３，好的", "call", 1, int(known["contact"]))
    ]
    assert follow_ups(team.database, key)[-1][2:] == (day(3), day(3), None)


def test_a_log_says_all_that_the_line_could_say(team: Team) -> None:
    key = make(team.li, "Acme")
    given = {
        "note": "-- said: \"no\"\nand 5", "next": "fri 15:00", "purpose": "offer", "channel": "visit",
        "outcome": "later",
        "at": "yesterday", "attempt": "yes", "done": "yes",
    }  # fmt: skip
    call = send(team.li, "log", given, key)
    assert call.values == {**given, "attempt": True, "done": True}
    written = team.database.value("SELECT command FROM journal_entry ORDER BY id DESC LIMIT 1")
    assert read(written, CATALOG) == replace(call, ids=(key,))


def test_a_form_keeps_what_the_line_gave(team: Team) -> None:
    key = make(team.li, "Acme")
    call, sheet = opened(team.li, "log --next +9d --channel mail", key)
    assert forms.filled(call, sheet, {}).values == {"next": "+9d", "channel": "mail"}
    call, sheet = opened(team.li, "new --owner pool --anyway")
    filled = forms.filled(call, sheet, {"name": "Neu"})
    assert filled.values["owner"] == "pool"
    assert filled.values["anyway"] is True
    call, sheet = opened(team.li, "new Neu region=west")
    assert forms.filled(call, sheet, {}).values["fields"] == ("region=west",)


def test_a_new_customer_needs_a_name_only(team: Team) -> None:
    __, sheet = opened(team.li, "new")
    assert [asked.name for asked in sheet.fields if asked.required and not asked.value] == ["name"]
    send(team.li, "new", {"name": "华为", "field.region": "north", "stage": "intent", "contact": "Wu"})
    key = team.database.value("SELECT id FROM customer")
    row = team.database.row("SELECT name, region, stage, owner_id FROM customer")
    assert row == ("华为", "north", "intent", team.li.person.id)
    assert [person.name for person in cards.card(team.li, key).contacts] == ["Wu"]


def test_an_edit_sends_what_was_changed_only(team: Team) -> None:
    key = make(team.li, "Acme", region="north", phone="13900000001", headcount="20")
    call, sheet = opened(team.li, "edit", key)
    values = {asked.name: asked.value for asked in sheet.fields}
    assert (values["field.name"], values["field.region"], values["field.headcount"]) == ("Acme", "north", "20")
    assert "fields" not in forms.filled(call, sheet, values).values
    filled = send(team.li, "edit", {**values, "field.region": "", "field.source": "a=b, c"}, key)
    assert set(filled.values["fields"]) == {"region=", "source=a=b, c"}  # type: ignore[arg-type]
    assert (column(team.database, "region", key), column(team.database, "source", key)) == (None, "a=b, c")


def test_an_edit_gives_way_to_whoever_was_first(team: Team) -> None:
    key = make(team.li, "Acme", region="north")
    call, sheet = opened(team.li, "edit", key)
    send(team.lead, "edit", {"field.region": "west"}, key)
    filled = forms.filled(call, sheet, {"field.region": "east"})
    with pytest.raises(CrmError) as error:
        perform(team.li, prepare(team.li, filled, Targets((key,))))
    assert error.value.exit_code == 4
    assert column(team.database, "region", key) == "west"


def test_several_are_edited_without_their_names(team: Team) -> None:
    keys = [make(team.li, "Acme"), make(team.li, "Bolt")]
    __, sheet = opened(team.li, "edit", *keys)
    assert sheet.version is None
    assert "field.name" not in {asked.name for asked in sheet.fields}
    send(team.li, "edit", {"field.region": "south"}, *keys)
    assert {column(team.database, "region", key) for key in keys} == {"south"}


def test_contacts_are_added_and_edited(team: Team) -> None:
    key = make(team.li, "Acme")
    send(team.li, "contact add", {"name": "Wu", "field.role": "champion", "field.phone": "13800138000"}, key)
    [person] = cards.card(team.li, key).contacts
    line = f"contact edit {person.id}"
    __, sheet = opened(team.li, line)
    assert sheet.title == "Acme: Wu"
    values = {asked.name: asked.value for asked in sheet.fields}
    assert values["field.role"] == "champion"
    filled = send(team.li, line, {"field.name": "Wu Li", "field.phone": ""})
    assert filled.values == {"contact": str(person.id), "fields": ("name=Wu Li", "phone="), "version": "1"}
    [person] = cards.card(team.li, key).contacts
    assert (person.name, person.role, person.phone) == ("Wu Li", "champion", None)


def test_a_form_shows_nothing_of_what_one_does_not_see(team: Team) -> None:
    key = make(team.wang, "Wangs")
    contacts.add(team.wang, key, {"name": "Wu"})
    contact = team.database.value("SELECT id FROM contact")
    for line, ids in (("edit", (key,)), ("log", (key,)), (f"contact edit {contact}", ()), ("contact edit 99", ())):
        with pytest.raises(CrmError) as error:
            opened(team.li, line, *ids)
        assert error.value.exit_code == 1
        assert "Wu" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "name", "value", "wrong"),
    [
        ("log", "next", "fryday", "cannot read"), ("log", "next", "fri", None), ("log", "at", "", None),
        ("log", "note", "anything -- 'goes", None), ("edit", "field.email", "nobody", "not an address"),
        ("edit", "field.phone", "12", "phone"), ("edit", "field.phone", "", None),
        ("edit", "field.headcount", "x", "headcount"),
        ("contact add", "field.email", "nobody", "not an address"), ("contact add", "field.role", "champion", None),
    ],
)  # fmt: skip
def test_a_field_says_what_is_wrong_with_it(team: Team, line: str, name: str, value: str, wrong: str | None) -> None:
    key = make(team.li, "Acme")
    call, sheet = opened(team.li, line, key)
    said = forms.check(team.li, call, sheet, name, value)
    assert (said is None) if wrong is None else (wrong in (said or "").casefold()), said


def test_a_date_is_told_before_it_is_sent(team: Team) -> None:
    key = make(team.li, "Acme")
    __, sheet = opened(team.li, "log", key)
    assert "Fri 20 Nov 2026" in (forms.hint(team.li, sheet, "next", "fri") or "")
    assert "Fri 13 Nov 2026" in (forms.hint(team.li, sheet, "at", "fri") or "")
    assert forms.hint(team.li, sheet, "next", "fryday") is None
    assert forms.hint(team.li, sheet, "note", "fri") is None


def test_a_draft_is_kept_under_a_key_of_its_own(team: Team) -> None:
    first, second = make(team.li, "Acme"), make(team.li, "Bolt")
    contacts.add(team.li, first, {"name": "Wu"})
    contacts.add(team.li, first, {"name": "An"})
    keys: list[Any] = [opened(team.li, line, *ids)[1].key for line, ids in (
        ("log", (first,)), ("log", (second,)), ("edit", (first,)), ("new", ()), ("contact add", (first,)),
        ("contact edit 1", ()), ("contact edit 2", ()),
    )]  # fmt: skip
    assert len(set(keys)) == len(keys)


def test_a_form_shows_nothing_of_what_one_may_not_change(team: Team) -> None:
    pooled = make(team.admin, "Acme", owner="pool", phone="13812345678", contact={"name": "Wu", "phone": "13712345678"})
    others = make(team.wang, "Beta", contact={"name": "Xu"})
    contact = dict(team.database.rows("SELECT customer_id, id FROM contact"))
    for line in (f"edit {pooled}", f"contact edit {contact[pooled]}"):
        with pytest.raises(NotAllowed, match="claim it first"):
            forms.sheet(team.li, read(line, CATALOG), [pooled] if line.startswith("edit") else [])
    with pytest.raises(CrmError, match=f"there is no contact {contact[others]}"):
        forms.sheet(team.li, read(f"contact edit {contact[others]}", CATALOG), [])
    assert forms.sheet(team.wang, read(f"contact edit {contact[others]}", CATALOG), []).title == "Beta: Xu"


def test_only_tags_of_customers_in_sight_are_offered(team: Team) -> None:
    for session, name in ((team.wang, "secret"), (team.li, "vip")):
        tags.tag(session, [make(session, name)], [name])
    assert tags.known(team.li) == ["vip"]
    assert tags.known(team.lead) == ["secret", "vip"]
