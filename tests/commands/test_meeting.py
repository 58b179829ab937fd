"""Two forms on one row, as their screens fill them in and send them: no change of anybody's is lost unseen."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.commands import forms
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Targets, perform, prepare
from crm_tui.commands.forms import Sheet
from crm_tui.commands.language import Call, read
from crm_tui.domain.errors import Conflict
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.factories import Clock, Team, column, make

FIELDS = ("field.region", "field.x.own")
VALUES = ("", "1998", "1999")


@dataclass
class Editor:
    """Somebody before a form: `shown` are the values that stood before their eyes, theirs beside their own."""

    session: Session
    key: int
    typed: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    sheet: Sheet | None = None
    since: int | None = None

    @property
    def call(self) -> Call:
        return read("edit", CATALOG)

    def open(self) -> None:
        """As a place opens its form, with what was typed before."""
        sheet = forms.sheet(self.session, self.call, [self.key])
        version = self.since if self.typed else None
        self.sheet, met = forms.met(self.session, sheet, version, self.typed)
        values = {asked.name: asked.value for asked in self.sheet.fields}
        if met is None:
            self.since = sheet.version
            # what differs from what is typed and is not shown beside it was there when it was typed
            there = {name: values.get(name, "") for name in self.typed}
            seen = all(there[name] in (self.shown.get(name, ""), text) for name, text in self.typed.items())
            assert seen or version is None
        else:
            for name in self.typed:
                told = met.differences.get(name)
                assert self.shown.get(name, "") == values.get(name, "") or (told and told.theirs == values[name]) or (
                    self.typed[name] == values.get(name, "")
                )
        self.shown = values

    def send(self) -> str:
        assert self.sheet is not None
        values = {**{asked.name: asked.value for asked in self.sheet.fields}, **self.typed}
        filled = forms.filled(self.call, self.sheet, values)
        if "fields" in filled.values:
            perform(self.session, prepare(self.session, filled, Targets((self.key,))))
        self.typed, self.since, self.sheet = {}, None, None
        return "done"


STEPS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(["open", "send", "close"]), st.sampled_from(FIELDS), st.sampled_from(VALUES)
    ),
    min_size=4,
    max_size=16,
)


def now(database: Database, session: Session, key: int) -> dict[str, str]:
    sheet = forms.sheet(session, read("edit", CATALOG), [key])
    return {asked.name: asked.value for asked in sheet.fields}


@settings(max_examples=15)
@given(steps=STEPS)
def test_no_update_is_ever_lost_between_two_editing_sessions(
    staffed: Path, steps: list[tuple[int, str, str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(shutil.copy(staffed, Path(folder) / "crm.db")))
        team = Team(database, Clock())
        key = make(team.li, "Acme", **{"x.own": "1998"})
        editors = [Editor(team.li, key), Editor(team.lead, key)]
        for who, what, name, value in steps:
            one = editors[who]
            if what == "open" or one.sheet is None:
                one.open()
                continue
            one.typed[name] = value
            if what == "close":
                one.sheet = None  # what was typed stays as a draft, with the version that it was typed for
            else:
                before, shown, typed = now(database, one.session, key), dict(one.shown), dict(one.typed)
                try:
                    one.send()
                except Conflict:
                    assert now(database, one.session, key) == before
                    one.open()
                    continue
                after = now(database, one.session, key)
                for each in {*before, *after}:
                    was, is_now = before.get(each, ""), after.get(each, "")
                    if was != is_now:
                        assert shown.get(each, "") == was, "it was overwritten by one who had not seen it"
                        assert typed[each] == is_now
        database.close()


@pytest.mark.slow
@settings(max_examples=50)
@given(steps=STEPS)
def test_nor_is_any_of_many(staffed: Path, steps: list[tuple[int, str, str, str]]) -> None:
    test_no_update_is_ever_lost_between_two_editing_sessions.hypothesis.inner_test(staffed, steps)  # type: ignore[attr-defined]


def test_a_field_of_ones_own_that_they_took_away_is_there_to_be_typed(team: Team) -> None:
    key = make(team.li, "Acme", **{"x.fair": "spring"})
    call = read("edit", CATALOG)
    then = forms.sheet(team.li, call, [key])
    perform(team.lead, prepare(team.lead, read(f"edit x.fair= {key}", CATALOG)))
    sheet, met = forms.met(team.li, forms.sheet(team.li, call, [key]), then.version, {"field.x.fair": "autumn"})
    assert met is not None
    assert [(one.before, one.theirs, one.mine) for one in met.differences.values()] == [("spring", "", "autumn")]
    perform(team.li, prepare(team.li, forms.filled(call, sheet, {"field.x.fair": "autumn"}), Targets((key,))))
    assert column(team.database, "version", key) > (then.version or 0)
    assert "autumn" in team.database.value("SELECT fields FROM profile WHERE id = ?", (key,))
