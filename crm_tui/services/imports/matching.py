"""Which customer a row means, by what the importer says makes two the same; nothing is guessed where that is unclear.

What one does not see in full is no key: phones and mails of a pool's customers are masked, and match nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.people import is_masked, refusal
from crm_tui.domain.profile_fields import CUSTOM
from crm_tui.services.imports.incoming import Incoming, fits
from crm_tui.services.imports.plans import Plan
from crm_tui.services.session import Session
from crm_tui.store import customers, importing, merging
from crm_tui.store import incoming as store
from crm_tui.store.customers import Facts

KEYS = ("id", "name", "phone", "email", "tax_number")
"""By what two customers may be the same, beside fields of one's own (`x.NAME`)."""

_PLACES = {"phone": ("phone", "phone2", "contact_phone"), "email": ("email", "contact_email")}


class Match(NamedTuple):
    """The customer that a row means (None: nobody), or why it cannot be told; `conflict` where several are meant.

    `renames` is false where the row has the name of one that was merged into the customer, which keeps its own.
    """

    customer: Facts | None = None
    reason: str = ""
    conflict: bool = False
    renames: bool = True
    twin: int = 0
    """One of those meant, whatever stands against changing it; 0 where it is nobody."""


class Matching:
    """Finds the customers of rows, a batch at a time."""

    def __init__(self, session: Session, plan: Plan, same: Sequence[str]) -> None:
        """UsageError for a key that there is not, or that no column of the plan holds."""
        self._session = session
        self.keys = tuple(dict.fromkeys(_checked(plan, key) for key in same))
        if not self.keys:
            raise UsageError(_("by what are two customers the same? name one of {keys}").format(keys=", ".join(KEYS)))
        self._read = False
        self._apart: Mapping[int, Mapping[str, str]] = {}

    def keys_of(self, found: Incoming, number: str) -> dict[str, str]:
        """What the row has of each key, as it is compared; `number` stands in its column id."""
        ways = found.ways
        values = {
            "id": _digits(number), "name": f"{found.key}\n{found.kind}" if found.key else "", "phone": ways["phone"],
            "email": (ways["email"] or "").lower(), "tax_number": (ways["tax_number"] or "").replace(" ", "").upper(),
        }
        every = ((key, values[key] if key in values else found.profile.get(key.removeprefix(CUSTOM)))
                 for key in self.keys)  # fmt: skip
        return {key: value for key, value in every if value}

    def find(self, rows: Sequence[tuple[Incoming, dict[str, str]]]) -> list[Match]:
        """Whom each row means, by its keys."""
        known: dict[str, dict[str, set[int]]] = {}
        for key in self.keys:
            wanted = {keys[key] for __, keys in rows if key in keys}
            known[key] = self._look(key, wanted) if wanted and key != "name" else {}
        hides = self._session.sight.masked  # of whom one sees no phone, name and kind decide
        names = {found.key for found, keys in rows if "name" in keys or (hides and found.key)}
        twins = importing.twins(self._session.database, names) if names else {}
        ids = {one for found in known.values() for some in found.values() for one in some}
        ids |= {twin[0] for some in twins.values() for twin in some}
        merged = merging.survivors(self._session.database, ids)
        facts = customers.facts(self._session.database, self._session.sight, [*ids, *merged.values()])
        self._apart = importing.apart(self._session.database, {twin[0] for some in twins.values() for twin in some})
        texts = store.texts(self._session.database, merged, ("name_key",))
        former = {key: text["name_key"] or "" for key, text in texts.items()}
        return [self._one(found, keys, known, twins, merged, former, facts) for found, keys in rows]

    def _look(self, key: str, wanted: Iterable[str]) -> dict[str, set[int]]:
        database = self._session.database
        if key == "id":
            return {number: {int(number)} for number in wanted}
        if key == "phone":
            return store.by_phone(database, wanted)
        if not self._read:
            store.know_values(database, [one.removeprefix(CUSTOM) for one in self.keys if one not in KEYS[:3]])
            self._read = True
        return store.by_value(database, key.removeprefix(CUSTOM), wanted)

    def _one(
        self, found: Incoming, keys: Mapping[str, str], known: Mapping[str, Mapping[str, set[int]]],
        twins: Mapping[tuple[str, str], Sequence[importing.Twin]], merged: Mapping[int, int],
        former: Mapping[int, str], facts: Mapping[int, Facts],
    ) -> Match:  # fmt: skip
        if not keys:
            return Match(reason=_("nothing says whose the row is: {keys} is empty").format(keys=", ".join(self.keys)))
        hits: dict[str, set[int]] = {}
        merely: set[int] = set()
        for key, value in keys.items():
            some = self._twins(found, twins, merged, facts) if key == "name" else known[key].get(value, set())
            if key not in ("id", "name"):
                some = {one for one in some if self._is_shown(facts.get(merged.get(one, one)))}
            merely |= {merged[one] for one in some if one in merged and former[one] == found.key}
            seen = {merged.get(one, one) for one in some} & facts.keys()
            hits[key] = {one for one in seen if not facts[one].archived_at} or seen
        if "id" in hits and not hits["id"]:
            return Match(reason=_("there is no customer {id}").format(id=keys["id"]))
        told = [some for some in hits.values() if some]
        if not told:
            return self._masked(found, twins, merged, facts)
        common = set.intersection(*told)
        if len(common) == 1:
            customer = common.pop()
            return self._allowed(facts[customer])._replace(renames=customer not in merely)
        ids = ", ".join(map(str, sorted(common)[:5]))
        if common:
            reason = _("several customers are meant: {ids}").format(ids=ids)
            return Match(reason=reason, conflict=True, twin=min(common))
        said = ", ".join(f"{key} {min(some)}" for key, some in hits.items() if some)
        return Match(reason=_("these are different customers: {what}").format(what=said), conflict=True)

    def _masked(
        self, found: Incoming, twins: Mapping[tuple[str, str], Sequence[importing.Twin]], merged: Mapping[int, int],
        facts: Mapping[int, Facts],
    ) -> Match:  # fmt: skip
        """Whom no key meant, as they are hidden: those of that name and kind whose phones one does not see."""
        for key, *__ in twins.get((found.key, found.kind), ()) if "name" not in self.keys else ():
            who = facts.get(merged.get(key, key))
            if who is not None and is_masked(self._session.sight, who.owner_id):
                return self._allowed(who)
        return Match()

    def _is_shown(self, facts: Facts | None) -> bool:
        return facts is not None and not is_masked(self._session.sight, facts.owner_id)

    def _twins(
        self, found: Incoming, twins: Mapping[tuple[str, str], Sequence[importing.Twin]], merged: Mapping[int, int],
        facts: Mapping[int, Facts],
    ) -> set[int]:  # fmt: skip
        """Those of the same name and kind of whom nothing else differs, as far as one sees them (DOMAIN §9); who was
        merged is seen as the survivor is.
        """
        same: set[int] = set()
        mine = found.apart
        for key, *__ in twins.get((found.key, found.kind), ()):
            who = facts.get(merged.get(key, key))
            if who is not None:
                masked = is_masked(self._session.sight, who.owner_id)
                if masked or fits(mine, self._apart[key]):
                    same.add(key)
        return same

    def _allowed(self, facts: Facts) -> Match:
        reason = refusal(self._session.sight, facts.id, facts.owner_id)
        if reason is None and facts.archived_at:
            reason = _("it is archived: unarchive it first")
        return Match(facts, reason or "", twin=facts.id)


def _digits(text: str) -> str:
    digits = text.strip().lstrip("#")
    return (digits if digits.isascii() and digits.isdigit() and len(digits) < 18 else "0") if digits else ""


def _checked(plan: Plan, key: str) -> str:
    key = key.strip()
    if key not in KEYS and not (key.startswith(CUSTOM) and key != CUSTOM):
        hint = nearest(key, KEYS)
        message = _('customers are not the same by "{key}"{hint}; they may be by {keys} or x.NAME')
        raise UsageError(message.format(key=key, hint=hint, keys=", ".join(KEYS)), key, 0)
    held = "id" in plan.headings if key == "id" else any(
        place in plan.places or place in plan.fixed for place in _PLACES.get(key, (key,))
    )
    if not held:
        raise UsageError(_("no column holds the {field}: say which with --map HEADING={field}").format(field=key))
    return key
