"""Whose fact a row of a table is: a customer found by id, code, name or phone that the importer may change.

What one may not see or not change is the same as what is not there (DOMAIN §8): no row tells which of the two it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase

from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.domain.people import Sight, refusal
from crm_tui.domain.phones import parse_phone
from crm_tui.formats import fact_headings
from crm_tui.services.session import Session
from crm_tui.store import customers, merging, staging
from crm_tui.store.staging import Candidate

WAYS = ("id", "code", "customer", "phone")
"""The fields of a table that say whose a row is."""

_TAX_NUMBER = 13  # characters; of China it has 15 to 20
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase, " ")
_Look = Callable[[Iterable[str]], list[Candidate]]


class Several(str):
    """Why there is no customer of a row that means several: a conflict."""

    __slots__ = ()


class Owners:
    """Finds the customers of rows, a batch at a time."""

    def __init__(self, session: Session) -> None:
        region = session.settings["phone.region"]
        self._session = session
        self._names = lru_cache(16_384)(name_key)
        self._phones = lru_cache(4_096)(lambda text: str(parse_phone(text, region) or ""))
        self._fields: list[str] | None = None

    def find(self, rows: Sequence[Mapping[str, str]]) -> list[int | str]:
        """The customer of each row (its fields by name), or why there is none."""
        keys = [self._keys(given) for given in rows]
        sight, database = self._session.sight, self._session.database
        looks: dict[str, _Look] = {
            "id": lambda wanted: staging.by_id(database, sight, wanted),
            "code": lambda wanted: staging.by_code(database, sight, wanted, self._code_fields()),
            "customer": lambda wanted: staging.by_name(database, sight, wanted),
            "phone": lambda wanted: staging.by_phone(database, sight, wanted),
        }
        known: dict[str, dict[str, dict[int, bool]]] = {}
        for way in WAYS:
            wanted = {key[way] for key in keys if way in key}
            known[way] = _changeable(sight, self._now(looks[way](wanted))) if wanted else {}
        self._read_otherwise(rows, keys, known, looks)
        return [self._one(given, key, known) for given, key in zip(rows, keys, strict=True)]

    def _read_otherwise(
        self, rows: Sequence[Mapping[str, str]], keys: Sequence[Mapping[str, str]],
        known: dict[str, dict[str, dict[int, bool]]], looks: Mapping[str, _Look],
    ) -> None:
        """What stands for a name and is none may be a code or a phone, where nothing else says whose the row is."""
        alone = {key["customer"]: given["customer"] for given, key in zip(rows, keys, strict=True)
                 if [*key] == ["customer"] and key["customer"] not in known["customer"]}  # fmt: skip
        for way in ("code", "phone"):
            wanted = {}
            for name, text in alone.items():
                read = self._keys({way: text}).get(way)
                if read and name not in known["customer"]:
                    wanted[name] = read
            found = _changeable(
                self._session.sight, self._now(looks[way](set(wanted.values())))
            ) if wanted else {}  # fmt: skip
            known["customer"].update({name: found[read] for name, read in wanted.items() if read in found})

    def _now(self, found: Sequence[Candidate]) -> Iterator[Candidate]:
        """What was found, with the survivor in the place of who was merged."""
        database, sight = self._session.database, self._session.sight
        buried = {candidate[1] for candidate in found if candidate[3]}
        merged = merging.survivors(database, buried) if buried else {}
        facts = customers.facts(database, sight, merged.values()) if merged else {}
        for wanted, key, owner_id, archived in found:
            if (one := facts.get(merged.get(key, 0))) is not None:
                yield wanted, one.id, one.owner_id, one.archived_at is not None
            else:
                yield wanted, key, owner_id, archived

    def _keys(self, given: Mapping[str, str]) -> dict[str, str]:
        """What each way of the row looks for."""
        found: dict[str, str] = {}
        if text := given.get("id"):
            digits = text.lstrip("#")
            found["id"] = digits if digits.isascii() and digits.isdigit() and len(digits) < 18 else "0"
        if text := given.get("code"):
            found["code"] = text.translate(_UPPER)
        if text := given.get("customer"):
            found["customer"] = self._names(text)
        if (text := given.get("phone")) and (phone := self._phones(text)):
            found["phone"] = phone
        return found

    def _one(
        self, given: Mapping[str, str], keys: Mapping[str, str], known: Mapping[str, Mapping[str, Mapping[int, bool]]]
    ) -> int | str:
        if not any(given.get(way) for way in WAYS):
            return _("the customer is missing")
        sets = {way: known[way].get(key, {}) for way, key in keys.items()}
        if "id" in sets and not sets["id"]:
            return _("there is no customer {id}").format(id=given["id"])
        common: dict[int, bool] | None = None
        for found in sets.values():
            if found:
                common = dict(found) if common is None else {key: common[key] for key in common if key in found}
        if common is None:
            return self._nobody(given)
        if not common:
            said = ", ".join(f"{_HEADS[way]} {given[way]}" for way in sets if sets[way])
            return Several(_("these are different customers: {what}").format(what=said))
        alive = [key for key, archived in common.items() if not archived]
        if sets.get("code") == {} and "id" not in sets and self._has_another_code(alive, keys["code"]):
            text = _("name and code disagree: there is no customer with the code {code}, and {name} has another")
            return text.format(
                code=given["code"], name=given.get("customer") or given.get("phone", ""))  # fmt: skip
        if len(alive) > 1:
            ids = ", ".join(map(str, sorted(alive)[:5]))
            return Several(_("several customers are meant: {ids}; a column id says which").format(ids=ids))
        return alive[0] if alive else _("it is archived: unarchive it first")

    def _has_another_code(self, ids: Sequence[int], code: str) -> bool:
        """Whether all of the customers have codes of that sort: tax numbers are long, those of one's own are not."""
        long = len(code) >= _TAX_NUMBER
        codes = staging.codes_of(self._session.database, ids)
        return bool(ids) and all(any((len(one) >= _TAX_NUMBER) == long for one in codes.get(key, ())) for key in ids)

    def _nobody(self, given: Mapping[str, str]) -> str:
        named = next(given[way] for way in ("customer", "code", "phone", "id") if given.get(way))
        if self._session.person.role == "rep":
            return _('you hold no customer "{name}"').format(name=named)
        return _('there is no customer "{name}"').format(name=named)

    def _code_fields(self) -> list[str]:
        """The fields of one's own that hold the customers' codes."""
        if self._fields is None:
            names = staging.profile_fields(self._session.database)
            self._fields = [name for name in names if fact_headings.field_of("orders", name) == "code"]
        return self._fields


_HEADS = {"id": "id", "code": "code", "customer": "name", "phone": "phone"}


def _changeable(sight: Sight, found: Iterable[Candidate]) -> dict[str, dict[int, bool]]:
    """Of what was found, by what was looked for: the customers that may be changed, and whether each is archived."""
    kept: dict[str, dict[int, bool]] = {}
    for wanted, key, owner_id, archived in found:
        if refusal(sight, key, owner_id) is None:
            kept.setdefault(str(wanted), {})[key] = bool(archived)
    return kept
