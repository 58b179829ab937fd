"""How the program is laid out, and what starting a command may load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import crm_tui

SOURCE = Path(crm_tui.__file__).parent
MODULES = 140
"""Ours that the first frame may load: what needs another one wants a reason, or is imported where it is used."""


NO_DATACLASS = """
from dataclasses import is_dataclass
for module in [module for name, module in sys.modules.items() if name.startswith("crm_tui")]:
    made = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    assert not any(map(is_dataclass, made)), (module, 'a dataclass is made on the way: half a millisecond')
"""
"""Each of the classes that `dataclass` makes is compiled whenever the program starts; a msgspec.Struct is not."""


def loaded_by(statement: str) -> set[str]:
    """The modules that a new process has loaded after the statement."""
    program = f"import sys\n{statement}\nprint(*sys.modules, file=sys.__stderr__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_imports_point_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    project = SOURCE.parent / "pyproject.toml"
    if not project.exists():
        pytest.skip("the contracts are beside the source")
    monkeypatch.chdir(project.parent)
    assert lint_imports(config_filename=str(project), cache_dir=None) == 0


def test_the_command_line_loads_no_screen() -> None:
    loaded = loaded_by("import crm_tui.cli")
    assert not {"textual", "crm_tui.tui", "rich"} & loaded


def test_what_a_command_does_not_need_is_not_loaded() -> None:
    loaded = loaded_by("import crm_tui.cli; crm_tui.cli.run(['version'])")
    late = {
        "apsw", "peewee", "playhouse", "dateutil", "phonenumbers", "pypinyin", "holidays", "chinese_calendar",
        "charset_normalizer", "difflib", "csv", "argparse", "asyncio",
    }  # fmt: skip
    assert not late & loaded
    assert not {name for name in loaded if name.startswith(("crm_tui.services", "crm_tui.store", "crm_tui.formats"))}


def test_the_queue_starts_without_what_it_does_not_use(staffed: Path) -> None:
    run = f"crm_tui.cli.run(['due', '--db', {str(staffed)!r}, '--user', 'li'])"
    loaded = loaded_by(f"import crm_tui.cli; assert {run} == 0\n{NO_DATACLASS}")
    late = {
        "playhouse.migrations", "phonenumbers", "pypinyin", "holidays", "charset_normalizer", "csv", "difflib",
        "dateutil", "importlib.resources", "rich",
    }  # fmt: skip
    assert not late & loaded
    services = {name.removeprefix("crm_tui.services.") for name in loaded if name.startswith("crm_tui.services.")}
    assert not {"imports", "exports", "demo", "cards", "checks", "interactions", "sections", "tiers"} & services


def test_a_session_holds_no_library_that_few_ask_for() -> None:
    """What is loaded behind the first frame too, for the first keys: it stays in memory as long as the session."""
    loaded = loaded_by(
        "import crm_tui.tui.app as app, crm_tui.services.people, crm_tui.tui.home\n"
        "import crm_tui.tui.screens.pipeline, crm_tui.tui.screens.due, crm_tui.domain.filters.readers\n"
        "app._load()"
    )
    late = {"textual.widgets._text_area", "textual.document", "dateutil", "six", "importlib.resources"}
    assert "crm_tui.tui.widgets.form" in loaded
    assert not late & loaded


def test_the_first_frame_waits_for_no_more_than_it_shows() -> None:
    """What screens, queue and list load; each of these was there once, and each costs a session time and memory."""
    screens = "crm_tui.tui.app, crm_tui.services.people, crm_tui.tui.home, crm_tui.tui.screens.pipeline"
    loaded = loaded_by(
        f"import {screens}, crm_tui.tui.screens.due, crm_tui.services.pools\n"
        "from crm_tui.domain.schemes import SHIPPED, shipped\n"
        "assert not any(shipped()._found.values()), 'a scheme was read on the way'\n" + NO_DATACLASS
    )
    late = {
        "peewee", "playhouse", "phonenumbers", "pypinyin", "holidays", "chinese_calendar", "charset_normalizer", "csv",
        "argparse", "openpyxl", "xlsxwriter", "vobject", "icalendar", "rapidfuzz", "python_calamine",
    }  # fmt: skip
    assert not late & loaded
    ours = {name for name in loaded if name.startswith("crm_tui.")}
    graders = {f"crm_tui.domain.schemes.{name}" for name in ("calibration", "grading", "reaching", "words")}
    assert not graders & ours
    assert not {name for name in ours if name.startswith(("crm_tui.formats", "crm_tui.commands.catalog"))}
    assert len(ours) <= MODULES


def test_files_stay_readable() -> None:
    commands = [*SOURCE.glob("commands/*.py"), *SOURCE.glob("*.py")]
    long = {path.name: n for path in commands if (n := len(path.read_text().splitlines())) > 400}
    assert not long
