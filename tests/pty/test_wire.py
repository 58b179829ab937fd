"""What goes over the line: few bytes, none while nothing happens, and never one that a customer's data chose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm_tui.domain.when import When
from crm_tui.services import contacts, followups, interactions, tags
from crm_tui.services.interactions import Note
from tests.factories import make
from tests.pty.conftest import Office

HOSTILE = [
    "broken [/foo] [bold]x[/bold]",
    "[@click=app.quit]click[/]",
    "[link=file:///etc/passwd]x[/link] $x {y} %s \\",
    "esc\x1b[2J\x1b]0;title\x07 \x1b]52;c;aGVsbG8=\x07 \x9b31m",
    "‮rtl override‬ ⁦isolate⁩ ￹annotated￻",
    "z" + "̴͓̖" * 60,
    "长" * 5_000,
    "👩‍👩‍👧‍👦 🇨🇳 👍🏽 ﷽ 𒐫",
    "=cmd|' /C calc'!A0",
    "tab\there\nline\r\nbreak\x00nul\x7fdel",
    "﻿‏‎​",
]
FROM_DATA = re.compile(rb"\x1b\]0;title|\x1b\]52;|\x1b\]8;|\x1b\[2J\x1b\]|\x9b31m|\x00|\x7f|\xe2\x80\xae|\xe2\x81\xa6")


@pytest.fixture
def hostile(office: Office) -> Office:
    session = office.team.li
    for number, text in enumerate(HOSTILE):
        key = make(
            session, f"{text[:4_000]} {number}", tier="A", stage="intent", region=text[:400], industry=text[:400],
            address=text[:400], contact={"name": f"c{text[:400]}"}, note=text,
        )  # fmt: skip
        contacts.add(session, key, {"name": f"x{text[:400]}", "title": text[:400], "note": text})
        tags.tag(session, [key], [f"t{number}"])
        followups.set_next(session, [key], When(session.today), text[:400])
        interactions.log(session, [key], Note(text, outcome=text[:400], next=When(session.today), purpose=text[:400]))
    return office


@pytest.mark.parametrize(
    ("size", "step"),
    [pytest.param((80, 24), 5, id="narrow"), pytest.param((120, 36), 1, id="wide", marks=pytest.mark.slow)],
)
def test_hostile_text_crashes_styles_runs_and_reaches_nothing(
    hostile: Office, size: tuple[int, int], step: int
) -> None:
    with hostile.open(*size) as terminal:
        terminal.wait("0 done of")
        for keys in ("j" * 12, "gpb", "Ljjllb", "gh<enter>", "<esc>gd", ":why<enter>", "<esc>/z", "<esc>?", "<esc>"):
            terminal.send(keys)
            terminal.quiet(0.1, 3)
        terminal.send("gd")
        for _ in HOSTILE[::step]:
            terminal.send("<enter>")
            terminal.wait("profile")
            terminal.send("Ge")
            terminal.wait("Enter saves")
            terminal.send("<esc>f")
            terminal.wait("Enter saves")
            terminal.send("<esc>q" + "j" * step)
            terminal.quiet(0.05, 3)
        terminal.send("gd")
        terminal.wait("0 done of")
        assert terminal.exit_code(0) is None
        assert FROM_DATA.search(bytes(terminal.raw)) is None


@pytest.mark.slow
def test_the_line_is_used_sparingly(office: Office) -> None:
    session = office.team.li
    for number in range(90):
        make(session, f"Customer {number:03} of a certain length", region="north", phone="13800138000")
    with office.open(100, 30) as terminal:
        terminal.wait("Customer")
        terminal.send("gp")
        terminal.wait("90 customers")
        terminal.quiet(0.3)
        down = [terminal.key("j").bytes for _ in range(8)]
        assert max(down) <= 100, down
        assert terminal.key("<pgdn>").bytes <= 5_000
        assert terminal.key(":").bytes <= 4_000
        assert terminal.key("<esc>").bytes <= 4_000
        assert terminal.key("f", 0.3).bytes <= 5_000  # half the screen, all of it new
        assert terminal.key("<tab>").bytes <= 4_000
        assert terminal.key("<esc>").bytes <= 4_000
        assert terminal.key("?").bytes <= 5_000
        terminal.key("<esc>")
        before = terminal.bytes
        terminal.quiet(3.5, 3.6)
        assert terminal.bytes == before


@pytest.mark.slow
def test_the_preview_follows_for_at_most_three_thousand_bytes(office: Office) -> None:
    for number in range(60):
        contact = {"name": f"Ann {number}"}
        make(office.team.li, f"Customer {number:03}", region="north", phone="13800138000", contact=contact)
    with office.open(120, 36) as terminal:
        terminal.wait("Customer")
        terminal.send("gp")
        terminal.wait("60 customers")
        terminal.wait("│ .*Ann 59")
        terminal.quiet(0.3)
        costs = [terminal.key("j", 0.4).bytes for _ in range(5)]
        assert max(costs) <= 3_000, costs
        assert "Ann 54" in terminal.text()


def test_at_80_by_24_twenty_rows_show_customers(office: Office) -> None:
    for number in range(40):
        followups.set_next(office.team.li, [make(office.team.li, f"Customer {number:03}")], When(office.team.li.today))
    with office.open() as terminal:
        terminal.wait("0 done of 40")
        assert len(re.findall(r"Customer \d+", terminal.text())) >= 20
        terminal.send("gp")
        terminal.wait("40 customers")
        assert len(re.findall(r"Customer \d+", terminal.text())) >= 20


@pytest.mark.slow
def test_no_size_of_the_window_ends_it(office: Office) -> None:
    for number in range(40):
        make(office.team.li, f"Customer {number:03}")
    with office.open() as terminal:
        terminal.wait("Customer")
        for keys in ("gp", "b", "b<enter>", "qf", "<esc>:", "<esc>?"):
            terminal.send(keys)
            for size in ((40, 10), (1, 1), (2, 3), (200, 60), (7, 1), (120, 36), (119, 2), (80, 24)):
                terminal.resize(*size)
                terminal.quiet(0.03, 1)
        terminal.send("<esc>gd")
        terminal.wait("Due:")
        for number in range(60):
            terminal.resize(20 + number % 9 * 15, 5 + number % 7 * 5)
        terminal.resize(80, 24)
        terminal.send("gp")
        terminal.wait("40 customers")
        assert terminal.exit_code(0) is None


@pytest.mark.parametrize(
    ("theme", "environ", "colours"),
    [
        ("ansi", {}, True), ("", {"NO_COLOR": "1"}, False),
        *(
            pytest.param(*given, marks=pytest.mark.slow)
            for given in [
                ("dark", {}, True), ("light", {}, True), ("none", {}, False),
                ("", {"LANG": "C", "LC_ALL": "POSIX"}, True),
            ]
        ),
    ],
)  # fmt: skip
def test_themes_and_locales(office: Office, theme: str, environ: dict[str, str], colours: bool) -> None:
    if theme:
        Path(office.path.with_suffix(".toml")).write_text(f'theme = "{theme}"\n')
    followups.set_next(office.team.li, [make(office.team.li, "华为技术")], When(office.team.li.today))
    with office.open(**environ) as terminal:
        terminal.wait("华为技术")
        terminal.send("ta")
        terminal.wait("意A")
        terminal.send("gpb")
        terminal.wait("potential 1")
        terminal.send("b:")
        terminal.quiet()
        coloured = re.findall(rb"\x1b\[(?:[\d;:]*;)?(?:[345]8|[34]\d|59|9[0-7]|10[0-7])[\d;:]*m", bytes(terminal.raw))
        assert bool(coloured) is colours, set(coloured)
        terminal.send("<esc><c-q>")
        assert terminal.exit_code() == 0
