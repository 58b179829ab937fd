"""Exporting customers: what an import of the file makes is the same again; what is masked stays so."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import UsageError
from crm_tui.domain.profile_fields import FIELDS
from crm_tui.domain.text import clean
from crm_tui.services import contacts, people, rules, teams
from crm_tui.services.customers import Draft, new
from crm_tui.services.exports import STANDARD, export, places
from crm_tui.services.imports import plan, run
from crm_tui.services.imports.plans import custom_name
from crm_tui.services.imports.values import EMPTY
from crm_tui.services.session import Session
from crm_tui.services.tags import tag
from crm_tui.store.database import Database

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)


def fresh(folder: Path, name: str, now: datetime = NOW, zone: str = "Asia/Shanghai") -> Session:
    """The administrator of a database with a rep `li` and no customer."""
    path = folder / name
    if not _blank.exists():
        admin = people.sign_in(Database(_blank, create=True), "ann", source="test", clock=lambda: now)
        teams.add(admin, "li", name="李娜")
        admin.database.close()
    shutil.copy(_blank, path)
    admin = people.sign_in(Database(path), "ann", source="test", clock=lambda: now)
    rules.set_rule(admin, "time_zone", zone)
    return people.sign_in(admin.database, "ann", source="test", clock=lambda: now)


_room = TemporaryDirectory()
_blank = Path(_room.name) / "blank.db"


def written(session: Session, form: str = "csv", columns: str | None = None) -> bytes:
    stream = io.BytesIO()
    ids = [key for (key,) in session.database.rows("SELECT id FROM customer ORDER BY id")]
    export(session, iter([ids[:1], ids[1:]]), stream, form, None if columns is None else places.read(columns))
    return stream.getvalue()


def exported(session: Session, columns: str | None = None) -> str:
    return written(session, "csv", columns).decode()


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    found = fresh(tmp_path, "a.db")
    yield found
    found.database.close()


hostile = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["=1+1", "'", "'=x", "@a", "-", "+8", "a,b;c\t|", 'q"u', "one\ntwo", "合计", "[/x]", "\x1b[2J"]),
)
words = hostile.map(lambda text: " ".join(clean(text, 500).split()))
names = words.filter(bool)
texts = hostile.map(lambda text: clean(text, multiline=True)).filter(bool)
TEXTS = ("wechat", "region", "industry", "source", "address", "website", "tax_number", "referred_by", "parent")
TYPED = {
    "text": words, "long_text": texts,
    "list": st.sampled_from(["", "a; b", "钢,铁"]), "yes_no": st.sampled_from(["yes", "no"]),
    "number": st.sampled_from(["1200", "1.5", "123456789012345", "0.000001", "1.0000000000000001"]),
    "money": st.sampled_from(["1200.50", "12万", "0.01", "9999999999999"]), "year": st.sampled_from(["1066", "1998"]),
    "date": st.sampled_from(["1980-05-17", "1899-12-31", "1900-02-28", "2026-03-01"]),
}  # fmt: skip
PARTS = st.sampled_from(["1980-05", "1980", "05-17", "1980-05-17"])
PHONES = st.sampled_from(["", "13800138000", "020-87654321转8021", "+1 212 555 0100"])
MAILS = st.sampled_from(["", "a@b.cn", "-x@y.com"])
STAMPS = st.sampled_from(
    ["2026-03-11 01:02:03", "2025-10-26 00:30:00", "2025-10-26 01:30:00", "1999-12-31 23:59:59", "2026-03-10 16:00:00"]
)  # fmt: skip
NEXT = st.sampled_from([None, "2026-03-20", "2026-03-21T00:00", "2026-04-01T07:05", "2027-12-31T23:59"])


@dataclass
class Made:
    """A customer to be made, and what is done to it then."""

    draft: Draft
    tags: list[str]
    contacts: list[dict[str, str]]
    columns: dict[str, Any]
    label: str | None
    following: str | None
    """The next date, with the time of the user's clock or without."""


@st.composite
def customers(draw: st.DrawFn) -> Made:
    kind = draw(st.sampled_from(["organization", "person"]))
    profile = [f for f in FIELDS if kind in f.kinds and not (f.column or f.sensitive)]
    fields = {name: draw(words) for name in draw(st.lists(st.sampled_from(TEXTS), max_size=4, unique=True))}
    for field in draw(st.lists(st.sampled_from(profile), max_size=4, unique=True)):
        fields[field.identifier] = draw(PARTS if field.partial else TYPED[field.type])
    fields |= {"note": draw(hostile), "phone": draw(PHONES), "email": draw(MAILS), "name": draw(names)}
    custom = draw(st.dictionaries(hostile.map(custom_name), texts, max_size=2))
    people = [
        {"name": draw(names.filter(lambda text: text.casefold() not in EMPTY)), "title": draw(words),
         "role": draw(st.sampled_from(["", "finance"])),
         "phone": draw(PHONES), "email": draw(MAILS), "note": draw(words)}
        for __ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    made = Draft(
        {**fields, **{f"x.{name}": text for name, text in custom.items()}},
        kind=kind, stage=draw(st.sampled_from(["potential", "actual", "lost"])),
        tier=draw(st.sampled_from("ABCD")), owner=draw(st.sampled_from(["me", "li", "pool"])), anyway=True,
    )  # fmt: skip
    columns: dict[str, Any] = {
        "influence": draw(st.sampled_from([None, 1, 5])), "closing": draw(st.sampled_from([None, 3])),
        "last_contact": draw(st.none() | STAMPS), "created_at": draw(STAMPS),
    }  # fmt: skip
    tags = draw(st.lists(st.sampled_from(["vip", "华南", "a-b"]), unique=True))
    return Made(made, sorted(tags), people, columns, draw(st.sampled_from([None, "high", "low"])), draw(NEXT))


def make(session: Session, made: Made) -> None:
    [key] = new(session, made.draft).changed
    if made.tags:
        tag(session, [key], made.tags)
    for contact in made.contacts:
        contacts.add(session, key, {name: text for name, text in contact.items() if text})
    on, __, at = (made.following or "").partition("T")
    when = stamp(datetime.fromisoformat(f'{on}T{at}').replace(tzinfo=session.person.zone)) if at else None
    following = {"next_on": on, "next_at": when} if on else {}
    with session.changing() as change:
        change.update("customer", [key], **made.columns, **following)
        if made.label:
            change.insert("customer_tier", [{"customer_id": key, "scheme": "label", "tier": made.label}])


def kept(database: Database) -> list[list[tuple[Any, ...]]]:
    """All that an export carries, of all customers."""
    return [
        database.rows(sql) for sql in (
            "SELECT c.name, c.kind, c.stage, c.scheme, c.tier, c.phone, c.email, c.wechat, c.region, c.industry,"
            " c.source, c.address, c.website, c.tax_number, c.business_role, c.referred_by, c.parent, c.influence,"
            " c.closing, c.note, c.next_on, c.next_at, c.last_contact, c.created_at, u.login, p.name FROM customer c"
            " LEFT JOIN user u ON u.id = c.owner_id LEFT JOIN pool p ON p.id = c.pool_id ORDER BY c.id",
            "SELECT id, fields FROM profile ORDER BY id",
            "SELECT customer_id, name, role, title, phone, email, wechat, note, is_primary FROM contact ORDER BY id",
            "SELECT customer_id, name FROM tag ORDER BY 1, 2",
            "SELECT customer_id, scheme, tier FROM customer_tier ORDER BY 1, 2",
        )
    ]  # fmt: skip


def there_and_back(made: list[Made], forms: Sequence[str], zone: str = "Europe/Berlin") -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        here = fresh(folder, "a.db", zone=zone)
        for one in made:
            make(here, one)
        for form in forms:
            path = folder / f"out.{form}"
            path.write_bytes(written(here, form))
            there = fresh(folder, f"{form}.db", LATER, zone)
            found = run(there, plan(there, path), dedupe=False)
            assert (found.new, found.refused, found.kept) == (len(made), 0, 0), (form, found.reasons)
            assert kept(there.database) == kept(here.database), form
            there.database.close()
        here.database.close()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(customers(), min_size=1, max_size=4))
def test_what_was_exported_is_imported_as_the_same(made: list[Made]) -> None:
    there_and_back(made, ("csv", "jsonl"))


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(customers(), min_size=3, max_size=6), st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]))
def test_so_are_workbooks(made: list[Made], zone: str) -> None:
    there_and_back(made, ("csv", "jsonl", "xlsx"), zone)


def test_an_import_of_an_export_into_its_own_database_changes_nothing(session: Session, tmp_path: Path) -> None:
    for name in ("Acme", "远达"):
        new(session, Draft({"name": name, "phone": "13800138000"}))
    path = tmp_path / "out.csv"
    path.write_text(exported(session), encoding="utf-8", newline="")
    found = run(session, plan(session, path))
    assert (found.new, found.same) == (0, 2)


def test_formulas_are_defused_and_excel_knows_the_encoding(session: Session) -> None:
    new(session, Draft({"name": "=HYPERLINK(1)", "phone": "13800138000"}))
    text = exported(session)
    assert text.startswith("\ufeffid,name,kind,stage,tier,owner,pool,phone,email,")
    assert "'=HYPERLINK(1)" in text
    assert ",+8613800138000," in text


def test_what_is_masked_or_sensitive_stays_behind(session: Session) -> None:
    contact = {"name": "Wang", "phone": "13900139000"}
    fields = {"name": "张伟", "phone": "13800138000", "email": "a@b.cn", "religion": "none of yours", "x.tel 2": "138"}
    for owner in ("pool", "li", "me"):
        new(session, Draft(fields, kind="person", owner=owner, contact=contact, anyway=True))
    assert "none of yours" not in exported(session)
    rep = people.sign_in(session.database, "li", source="test", clock=lambda: NOW)
    pooled, own = parsed(exported(rep))
    assert (pooled["owner"], pooled["contact"], pooled["name"]) == ("", "Wang", "张伟")
    assert [pooled[name] for name in ("phone", "email", "contact_phone")] == ["", "", ""]
    assert "138" not in "".join(pooled.values())
    assert (own["phone"], own["contact_phone"]) == ("+8613800138000", "+8613900139000")


def test_columns_can_be_chosen(session: Session) -> None:
    new(session, Draft({"name": "Acme", "x.fleet": "7"}))
    assert exported(session, "name,x.fleet") == "\ufeffname,x.fleet\r\nAcme,7\r\n"
    with pytest.raises(UsageError, match="did you mean region"):
        exported(session, "regoin")
    assert len(set(STANDARD)) == len(STANDARD)
