"""Exporting customers: what an import of the file makes is the same again; what is masked stays so."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.text import clean
from crm_tui.services import people, rules, teams
from crm_tui.services.customers import Draft, new
from crm_tui.services.exports import STANDARD, export
from crm_tui.services.imports import plan, run
from crm_tui.services.imports.plans import custom_name
from crm_tui.services.session import Session
from crm_tui.services.tags import tag
from crm_tui.store.database import Database

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)


def fresh(folder: Path, name: str, now: datetime = NOW) -> Session:
    admin = people.sign_in(Database(folder / name, create=True), "ann", source="test", clock=lambda: now)
    rules.set_rule(admin, "time_zone", "Asia/Shanghai")
    teams.add(admin, "li", name="李娜")
    return people.sign_in(admin.database, "ann", source="test", clock=lambda: now)


def exported(session: Session, columns: list[str] | None = None) -> str:
    stream = io.StringIO(newline="")
    ids = [key for (key,) in session.database.rows("SELECT id FROM customer ORDER BY id")]
    export(session, iter([ids[:1], ids[1:]]), stream, columns)
    return stream.getvalue()


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
FIELDS = ("wechat", "region", "industry", "source", "address", "website", "tax_number", "referred_by", "parent")
ORGANIZATION = ("legal_form", "credit", "terms", "potential")
PERSON = ("company", "title", "home", "career")


@st.composite
def drafts(draw: st.DrawFn) -> tuple[Draft, dict[str, str], list[str]]:
    kind = draw(st.sampled_from(["organization", "person"]))
    own = ORGANIZATION if kind == "organization" else PERSON
    fields = draw(st.dictionaries(st.sampled_from([*FIELDS, *own]), words, max_size=6))
    fields["note"] = draw(hostile)
    fields["phone"] = draw(st.sampled_from(["", "13800138000", "020-87654321转8021", "+1 212 555 0100"]))
    fields["email"] = draw(st.sampled_from(["", "a@b.cn", "-x@y.com"]))
    custom = draw(st.dictionaries(hostile.map(custom_name), texts, max_size=2))
    contact = {}
    if draw(st.booleans()):
        contact = {"name": draw(names), "title": draw(words), "role": draw(st.sampled_from(["", "finance"])),
                   "phone": draw(st.sampled_from(["", "13900139000"]))}  # fmt: skip
    made = Draft(
        {**fields, "name": draw(names), **{f"x.{name}": text for name, text in custom.items()}},
        kind=kind, contact=contact, stage=draw(st.sampled_from(["potential", "actual", "lost"])),
        tier=draw(st.sampled_from("ABCD")), owner=draw(st.sampled_from(["me", "li", "pool"])), anyway=True,
    )  # fmt: skip
    return made, custom, draw(st.lists(st.sampled_from(["vip", "华南", "a-b"]), unique=True))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(drafts(), min_size=1, max_size=4))
def test_what_was_exported_is_imported_as_the_same(made: list[tuple[Draft, dict[str, str], list[str]]]) -> None:
    with TemporaryDirectory() as folder:
        here, there = fresh(Path(folder), "a.db"), fresh(Path(folder), "b.db", LATER)
        for draft, __, tags in made:
            [key] = new(here, draft).changed
            if tags:
                tag(here, [key], tags)
        text = exported(here)
        path = Path(folder) / "out.csv"
        path.write_text(text, encoding="utf-8", newline="")
        found = run(there, plan(there, path), dedupe=False)
        assert (found.new, found.refused, found.kept) == (len(made), 0, 0)
        again = exported(there)
        if not any(row["owner"] and row["stage"] == "potential" for row in parsed(text)):
            assert again == text
        without = [{k: v for k, v in row.items() if k != "next_follow_up"} for row in parsed(again)]
        assert without == [{k: v for k, v in row.items() if k != "next_follow_up"} for row in parsed(text)]
        here.database.close()
        there.database.close()


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(drafts(), min_size=1, max_size=4))
def test_so_is_much_of_it(made: list[tuple[Draft, dict[str, str], list[str]]]) -> None:
    test_what_was_exported_is_imported_as_the_same.hypothesis.inner_test(made)  # type: ignore[attr-defined]


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
    assert exported(session, ["name", "x.fleet"]) == "\ufeffname,x.fleet\r\nAcme,7\r\n"
    with pytest.raises(UsageError, match="did you mean region"):
        exported(session, ["regoin"])
    assert len(set(STANDARD)) == len(STANDARD)
