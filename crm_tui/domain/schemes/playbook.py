"""What a tier is owed, as its scheme's file has it: for each thing how often, and who does it. DOMAIN §1, §3.

A playbook that was read is whole: known things alone, each with words in every language that it is told in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast, get_args

from msgspec import Struct

from crm_tui.domain.language import N_, _
from crm_tui.domain.profile_fields import FIELD

if TYPE_CHECKING:
    from crm_tui.domain.schemes.tables import Table

Every = Literal["year", "half", "quarter", "month", "standing"]
"""How often a thing is owed: once in each such part of the calendar, or always."""
Who = Literal["rep", "lead", "engineer", "executive", "service"]

WHO: Mapping[Who, str] = {
    "rep": N_("rep"), "lead": N_("lead"), "engineer": N_("engineer"), "executive": N_("executive"),
    "service": N_("service"),
}  # fmt: skip
THINGS: Mapping[str, Mapping[str, str]] = {
    name: MappingProxyType(dict(zip(("en", "zh-Hans", "zh-Hant"), words, strict=True)))
    for name, *words in (
        ("cadence", "regular contact", "定期联系", "定期聯繫"),
        ("channels", "by call and visit", "电话与拜访", "電話與拜訪"),
        ("resident_engineer", "resident engineer", "驻场工程师", "駐場工程師"),
        ("capacity_priority", "capacity kept free for it", "优先排产", "優先排產"),
        ("senior_visits", "senior visit", "高层拜访", "高層拜訪"),
        ("yearly_meeting", "yearly meeting", "年度会议", "年度會議"),
        ("quick_response", "quick response", "快速响应", "快速響應"),
        ("technical_exchange", "technical exchange", "技术交流", "技術交流"),
        ("service_priority", "served first", "优先服务", "優先服務"),
        ("credit_terms", "credit terms", "信用条件", "信用條件"),
        ("gifts", "gift", "礼品", "禮品"),
        ("profile_required", "profile kept complete", "档案完整", "檔案完整"),
    )
}
"""What may be owed, in the order in which it is told, and what it is called where the file says nothing else."""

_KEYS = ("every", "who", "label", "fields")


class Item(Struct, frozen=True):
    """One thing that a tier is owed. `fields`: those of the profile that it asks for beside what is asked of all."""

    name: str
    every: Every
    who: Who
    labels: Mapping[str, str]
    fields: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash((self.name, self.every, self.who, self.fields))


Playbook = Mapping[str, Item]
"""What a tier is owed, by the names of THINGS and in their order."""
NOTHING: Playbook = MappingProxyType({})


class LatePlaybook(Mapping[str, Item]):
    """A playbook that is read when somebody asks for it: most runs of the program never do."""

    def __init__(self, read: Callable[[], Playbook]) -> None:
        self._read = read

    def __getitem__(self, name: str) -> Item:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def parse_playbook(table: Table) -> Playbook:
    """The playbook that a table `[tier.playbook]` describes; UsageError that names line, key and reason."""
    table.only(THINGS)
    found: dict[str, Item] = {}
    for name in THINGS:
        inner = table.table(name)
        if inner is not None:
            found[name] = _item(name, inner)
    return MappingProxyType(found)


def _item(name: str, table: Table) -> Item:
    table.only(_KEYS)
    every = _one_of(table, "every", get_args(Every), "standing")
    who = _one_of(table, "who", tuple(WHO), "rep")
    return Item(name, cast(Every, every), cast(Who, who), _words(name, table), _fields(name, table))


def _one_of(table: Table, key: str, known: tuple[str, ...], default: str) -> str:
    value = table.text(key, default)
    if value not in known:
        problem = _('"{value}" is not one of {names}')
        raise table.wrong(key, problem.format(value=value, names=", ".join(known)))
    return value


def _words(name: str, table: Table) -> Mapping[str, str]:
    labels = table.table("label")
    if labels is None:
        return THINGS[name]
    labels.only(THINGS[name])
    if not labels.data.get("en"):
        raise table.wrong("label", _('needs a text in English: { en = "…" }'))
    return MappingProxyType({language: labels.text(language) for language in labels.data})


def _fields(name: str, table: Table) -> tuple[str, ...]:
    given = table.data.get("fields", [])
    if name != "profile_required":
        if "fields" in table.data:
            raise table.wrong("fields", _("stands in profile_required alone"))
        return ()
    if not isinstance(given, list):
        raise table.wrong("fields", _("must be a list of fields of the profile"))
    for n, one in enumerate(given, 1):
        if one not in FIELD:
            raise table.wrong(("fields", n), _('"{name}" is no field of the profile').format(name=one))
    return tuple(dict.fromkeys(given))
