"""Every command of the catalogue through the one dispatch, as every role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from crm_tui.commands import shell
from crm_tui.commands.catalog import CATALOG, MARKS, VIEWS
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.keymap import Place, bindings
from crm_tui.commands.language import read, read_words, split
from crm_tui.domain.errors import CrmError
from crm_tui.services import backups, keys, notices, offers, pool_lists, pools, schemes, tiers
from crm_tui.services.session import Session
from tests.domain.test_schemes import GOOD
from tests.domain.test_ssh_keys import EC, ED, FINGERPRINT
from tests.factories import Team, make
from tests.store.present import present

ROLES = ("admin", "li", "lead", "service")

# name → a line of it, and the exit codes that admin, the rep who holds the customer, the lead and service get.
# {id} is the customer, {contact} its contact, {folder} a place for files.
CHANGE, READ, RULE, LEADS = (0, 0, 0, 3), (0, 0, 0, 0), (0, 3, 3, 3), (0, 3, 0, 3)
AT_THE_DOOR = (1, 1, 1, 1)
"""For want of a spool, or of folders with macros, in a session that has neither."""
CASES: dict[str, tuple[str, tuple[int, ...]]] = {
    "new": ("new Neu region=west --stage intent --contact Wu", (0, 0, 0, 3)),
    "paste": ("paste '新公司, 张三, 13800138001'", (0, 0, 0, 3)),
    "edit": ("edit region=west {id}", CHANGE),
    "archive": ("archive {id}", CHANGE),
    "unarchive": ("unarchive {id}", (0, 0, 0, 3)),
    "dupes": ("dupes --limit 3", READ),
    "distinct": ("distinct {id} {graded}", CHANGE),
    "merge": ("merge {id} {graded} --take name={graded}", CHANGE),
    "contact add": ("contact add An role=finance {id}", CHANGE),
    "contact edit": ("contact edit {contact} title=CEO", CHANGE),
    "stage": ("stage intent {id}", CHANGE),
    "advance": ("advance {id}", CHANGE),
    "retreat": ("retreat {id} --reason 'no need'", CHANGE),
    "tier": ("tier A {id} --reason hot", CHANGE),
    "recommend": ("recommend New --like Old", READ),
    "push": ("push New {id}", CHANGE),
    "pushes": ("pushes New", READ),
    "factor": ("factor 'supplier>price' {id}", CHANGE),
    "factors": ("factors {id}", READ),
    "factors typical": ("factors typical", READ),
    "playbook": ("playbook {id}", READ),
    "playbook done": ("playbook done yearly_meeting {graded} --note 'went well'", CHANGE),
    "grade": ("grade pareto --from 2026 --to 2026-06 --on owner:any --yes", CHANGE),
    "tag": ("tag vip {id}", CHANGE),
    "untag": ("untag vip {id}", CHANGE),
    "log": ("log 'all well' {id} --next fri --channel visit", CHANGE),
    "done": ("done 'all well' {id}", CHANGE),
    "no-answer": ("no-answer {id}", CHANGE),
    "next": ("next 明天下午3点 {id} --purpose offer", CHANGE),
    "snooze": ("snooze +2d {id}", CHANGE),
    "why": ("why {id}", READ),
    "metrics": ("metrics {id} --from 2026 --to 2026-06", READ),
    "rebuild": ("rebuild", RULE),
    "undo": ("undo", (0, 4, 0, 1)),
    "redo": ("redo", (1, 1, 1, 1)),
    "users add": ("users add chen --role lead", RULE),
    "config set": ("config set currency EUR", RULE),
    "config preset": ("config preset recycling", RULE),
    "sweep": ("sweep", LEADS),
    "claim": ("claim {pooled}", CHANGE),
    "release": ("release {id} --reason no-need", CHANGE),
    "assign": ("assign wang {id}", LEADS),
    "transfer": ("transfer wang {id}", CHANGE),
    "accept": ("accept {offered}", (0, 1, 1, 3)),
    "decline": ("decline {offered}", (0, 1, 1, 1)),
    "withdraw": ("withdraw {offered}", (0, 1, 0, 3)),
    "move": ("move east {pooled}", LEADS),
    "protect": ("protect {id} --reason 'big chance'", CHANGE),
    "unprotect": ("unprotect {id}", CHANGE),
    "block": ("block {id} --reason fraud", LEADS),
    "unblock": ("unblock {blocked} --reason cleared", LEADS),
    "holders": ("holders {id}", READ),
    "pools list": ("pools list", READ),
    "pools add": ("pools add west --members li,wang --route region:west", RULE),
    "pools edit": ("pools edit east --name ost --members all", RULE),
    "users edit": ("users edit wang --role lead --capacity 40 --export no", RULE),
    "users away": ("users away wang --until +9d --stand-in li", LEADS),
    "users back": ("users back wang", LEADS),
    "users leave": ("users leave wang", LEADS),
    "teams add": ("teams add south --lead zhao --members li", RULE),
    "teams edit": ("teams edit default --name north", RULE),
    "teams list": ("teams list", READ),
    "handover": ("handover li --by wang", (0, 3, 0, 3)),
    "share": ("share wang {id} --function engineer --access edit --until +9d", CHANGE),
    "unshare": ("unshare wang {id}", CHANGE),
    "ask-share": ("ask-share Acme --function engineer", (0, 1, 0, 0)),
    "comment": ("comment 'why so?' {id}", (0, 3, 0, 3)),
    "notices": ("notices", READ),
    "noted": ("noted {id}", READ),
    "report": ("report week", READ),
    "credit": ("credit {id}", READ),
    "credit fix": ("credit fix li=60 wang=40 {id} --reason fair", (0, 3, 0, 3)),
    "view": ("view pipeline", READ),
    "open": ("open {id}", READ),
    "filter": ("filter tier:D", READ),
    "tab": ("tab potential", READ),
    "sort": ("sort tier -name", READ),
    "columns": ("columns name:30 tier x.Route", READ),
    "views": ("views", READ),
    "views save": ("views save mine --filter 'tier:A,B' --columns name:30,tier --sort 'tier -due' --letter m", READ),
    "views rename": ("views rename old new", (2, 0, 2, 2)),
    "views remove": ("views remove old", (2, 0, 2, 2)),
    "views letter": ("views letter o", (1, 0, 1, 1)),
    "help": ("help tier", READ),
    "keymap": ("keymap", READ),
    "list": ("list owner:any --limit 3", READ),
    "due": ("due", READ),
    "show": ("show {id}", READ),
    "history": ("history --limit 3", READ),
    "import": ("import {folder}/in.csv", (0, 0, 0, 3)),
    "export": ("export '' {folder}/out.csv --yes", (0, 0, 0, 3)),
    "users list": ("users list", READ),
    "config show": ("config show", READ),
    "config get": ("config get currency", READ),
    "check": ("check", READ),
    "backup": ("backup {folder}/own.db", RULE),
    "restore": ("restore {kept} --dry-run", RULE),
    "users key add": ("users key add li {folder}/li.pub", RULE),
    "users key list": ("users key list", READ),
    "users key remove": (f"users key remove wang {FINGERPRINT}", RULE),
    "ssh setup": ("ssh setup", READ),
    "ssh authorized-keys": (f"ssh authorized-keys crm {FINGERPRINT} --db {{folder}}/crm.db", READ),
    "spool list": ("spool list", AT_THE_DOOR),
    "spool get": ("spool get x.csv", AT_THE_DOOR),
    "spool remove": ("spool remove x.csv", AT_THE_DOOR),
    "run": ("run {folder}/day.macro", READ),
    "play": ("play day", AT_THE_DOOR),
    "macros": ("macros", READ),
    "macros show": ("macros show day", AT_THE_DOOR),
    "macros edit": ("macros edit day 'view due'", AT_THE_DOOR),
    "macros editor": ("macros editor day", AT_THE_DOOR),
    "macros remove": ("macros remove day", AT_THE_DOOR),
    "macros rename": ("macros rename day night", AT_THE_DOOR),
    "watch": ("watch tier:D --limit 0", READ),
    "completion": ("completion zsh", READ),
    "version": ("version", READ),
    "deal add": ("deal add {id} --product X --amount 12万 --expected +9d --competitor Rival", CHANGE),
    "deal edit": ("deal edit D-1 amount=10k note=soon", CHANGE),
    "deal won": ("deal won D-1 --amount 11k", CHANGE),
    "deal lost": ("deal lost D-1 --reason price --competitor Rival", CHANGE),
    "deal reopen": ("deal reopen D-2", CHANGE),
    "deal list": ("deal list --result any", READ),
    "order add": ("order add X 3 {id} --price 550 --at yesterday", CHANGE),
    "order line": ("order line O-1 X -1 --amount -550", CHANGE),
    "order confirm": ("order confirm O-2", CHANGE),
    "order cancel": ("order cancel O-1 --reason 'by mistake'", CHANGE),
    "order list": ("order list owner:any --state confirmed", READ),
    "receivable add": ("receivable add 1,650 +30d {id} --order O-1", CHANGE),
    "receivable cancel": ("receivable cancel R-1", CHANGE),
    "receivable list": ("receivable list --paid", READ),
    "pay": ("pay 2000 {id} --to R-1", CHANGE),
    "allocate": ("allocate {id}", CHANGE),
    "wallet": ("wallet all 20万 {id} --competitor Rival=50k --confidence high", CHANGE),
    "schemes list": ("schemes list", READ),
    "schemes show": ("schemes show value", READ),
    "schemes add": ("schemes add {folder}/own.toml", LEADS),
    "schemes remove": ("schemes remove size", LEADS),
    "rate": ("rate {id} --influence 4 --closing 3", CHANGE),
    "product add": ("product add Y --category gpu --price 550 --cost 300", LEADS),
    "product edit": ("product edit x price=600", LEADS),
    "product archive": ("product archive X", LEADS),
    "product list": ("product list --archived", READ),
}
BEFORE = {
    "unarchive": "archive {id}", "untag": "tag vip {id}", "unshare": "share wang {id}",
    "unprotect": "protect {id} --reason chance", "users back": "users away wang",
    **dict.fromkeys(("views rename", "views remove", "views letter"), "views save old --filter tier:A --letter o"),
}  # fmt: skip
FOR_SCREENS = {name for name, command in CATALOG.items() if not shell.has(command)}


def obey(session: Session, line: str) -> int:
    """Run the line as the command line does; its exit code."""
    call = read_words(split(line), CATALOG, line)
    place = shell.Shell(session, call)
    try:
        prepared = prepare(session, call)
        if call.command.view:
            return place.call(prepared)
        outcome = perform(session, prepared)
        place.tell(outcome, prepared.ids)
        return outcome.exit_code
    except CrmError as error:
        return error.exit_code


@pytest.fixture
def fill(team: Team, tmp_path: Path) -> Callable[[str], str]:
    return filled(team, tmp_path)


def filled(team: Team, tmp_path: Path) -> Callable[[str], str]:
    """Something of everything; the lines of CASES with its numbers and the folder's files."""
    key = make(team.li, "Acme", contact={"name": "Wu"}, stage="target")
    contact = team.database.value("SELECT id FROM contact")
    make(team.admin, "Admins")
    make(team.admin, "Admins", anyway=True)
    for product in ("New", "Old"):
        team.product(product)
    told = [(getattr(team, role).person.id, key, "look") for role in ROLES]
    with team.wang.changing() as change:
        notices.send(team.wang, change, "comment", told)
    (tmp_path / "in.csv").write_text("name\nImported\n")
    (tmp_path / "day.macro").write_text("filter tier:D\nmark all\nview due\n")
    schemes.add(team.admin, GOOD)
    (tmp_path / "own.toml").write_text(GOOD.replace('"size"', '"scale"'))
    (tmp_path / "li.pub").write_text(f"ecdsa-sha2-nistp256 {EC}")
    keys.add(team.admin, "wang", f"ssh-ed25519 {ED}")
    pool_lists.add(team.admin, "east", None, None)
    pooled, offered = make(team.admin, "Pooled", owner="pool"), make(team.wang, "Offered")
    offers.transfer(team.wang, [offered], "root")
    _trade(team, key)
    blocked = make(team.lead, "Blocked", owner="pool")
    pools.block(team.lead, [blocked], "fraud")
    graded = make(team.li, "Graded", stage="actual")
    tiers.assign(team.lead, [graded], "strategic", team.lead.settings.schemes["value"])
    return lambda line: line.format(
        id=key, contact=contact, folder=tmp_path, kept=_Kept(team, tmp_path),
        pooled=pooled, offered=offered, blocked=blocked, graded=graded
    )


class _Kept:
    """The file of a backup, taken once it is asked for."""

    def __init__(self, team: Team, folder: Path) -> None:
        self._team, self._path = team, folder / "kept.db"

    def __str__(self) -> str:
        if not self._path.exists():
            backups.backup(self._team.admin, self._path)
        return str(self._path)


def _trade(team: Team, key: int) -> None:
    """Deals D-1 (open) and D-2, orders O-1 and O-2 (a draft), the receivable R-1, a payment beside it."""
    team.deal(key, 100_00, number="D-1")
    team.deal(key, 100_00, number="D-2", result="won", closed="2026-11-01")
    team.order(key, "2026-11-01", 165_000, number="O-1")
    team.order(key, "2026-11-02", 165_000, number="O-2", state="draft")
    team.due(key, "2026-11-10", 90_000, number="R-1")
    team.paid(key, "2026-11-01", 5_000, number="P-1")


def test_every_command_has_a_case_or_is_for_the_screens() -> None:
    assert set(CASES) | FOR_SCREENS == set(CATALOG)
    assert not set(CASES) & FOR_SCREENS


@pytest.mark.parametrize("name", CASES)
def test_every_command_as_every_role(team: Team, fill: Callable[[str], str], name: str) -> None:
    line, codes = CASES[name]
    if name in BEFORE:
        obey(team.li, fill(BEFORE[name]))
    dry = " --dry-run" if CATALOG[name].changes or name == "import" else ""
    before = state(team)
    for role, code in zip(ROLES, codes, strict=True):
        session: Session = getattr(team, role)
        assert (role, obey(session, fill(line) + dry)) == (role, code)
        assert session.change is None
    assert state(team) == before


NOT_TAKEN_BACK = ("undo", "redo", "sweep", "rebuild")  # a sweep has nothing to do here, what is kept is no fact
CHANGES = [name for name, command in CATALOG.items() if command.changes and name not in NOT_TAKEN_BACK]


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_journaled_and_taken_back(team: Team, fill: Callable[[str], str], name: str) -> None:
    if name in BEFORE:
        obey(team.admin, fill(BEFORE[name]))
    before = state(team)
    assert obey(team.admin, fill(CASES[name][0])) == 0
    assert state(team) != before
    assert team.database.value("SELECT command FROM journal_entry ORDER BY id DESC LIMIT 1").startswith(name)
    assert obey(team.admin, "undo") == 0
    assert state(team) == before


def state(team: Team) -> object:
    """All rows of the present state, without versions."""
    return present(team.database)


@pytest.mark.parametrize("name", CATALOG)
def test_a_command_does_or_shows_and_explains_itself(name: str) -> None:
    command = CATALOG[name]
    assert bool(command.verb) != bool(command.view)
    assert command.summary
    assert not command.summary.endswith(".")
    assert command.usage.startswith(name)
    assert all(argument.help for argument in command.arguments)
    required = [argument.required for argument in command.positional]
    in_order = command.writes_file or required == sorted(required, reverse=True)
    assert in_order, "what must be given comes first, but for a file at the end"
    assert not [argument for argument in command.positional[:-1] if argument.many], "only the last takes many"


def test_changing_commands_ask_for_what_they_need() -> None:
    """On the screens a key gives no arguments: what is required is asked for."""
    lines = {line for place in get_args(Place) for line in bindings(place).values()}
    for line in lines:
        call = read(line, CATALOG)
        if call.values:
            continue
        name, command = call.command.name, call.command
        if any(argument.required for argument in command.arguments):
            assert command.ask or name == "import", name  # its screen picks the file


def test_the_words_of_views_and_marks_are_read() -> None:
    for view in VIEWS:
        assert read(f"view {view}", CATALOG).values == {"name": view}
    for mark in MARKS:
        assert read(f"mark {mark}", CATALOG).values == {"what": mark}
