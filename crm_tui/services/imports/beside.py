"""What a customer has more than once: further contacts, and tiers under other schemes than the badge's.

Exports write them as columns of their own: `contact_2`, `contact_2_phone` …, `tier.label`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from crm_tui.domain import stages
from crm_tui.domain.errors import NotAllowed
from crm_tui.domain.language import _
from crm_tui.domain.phones import parse_phone
from crm_tui.domain.schemes import Scheme, find_tier
from crm_tui.services.imports import values
from crm_tui.services.imports.plans import FURTHER, TIER


class Contacts:
    """Reads the further contacts of rows with these places."""

    def __init__(self, places: Iterable[str], region: str) -> None:
        self._region = region
        self._parts: dict[int, dict[str, str]] = {}
        for place in places:
            if found := FURTHER.fullmatch(place):
                self._parts.setdefault(int(found[1]), {})[found[2] or "name"] = place

    def __bool__(self) -> bool:
        return bool(self._parts)

    def read(
        self, given: Mapping[str, str], odd: dict[str, str], named: Callable[[str, str], str]
    ) -> tuple[dict[str, str], ...]:
        """The contacts that the row has, in order; texts that fit no field go into `odd`, under the name that `named`
        makes of their place. UsageError for what is no mail address.
        """
        found = (self._one(parts, given, odd, named) for __, parts in sorted(self._parts.items()))
        return tuple(contact for contact in found if contact)

    def _one(
        self, parts: Mapping[str, str], given: Mapping[str, str], odd: dict[str, str], named: Callable[[str, str], str]
    ) -> dict[str, str]:
        texts = {part: given[place] for part, place in parts.items() if place in given}
        if not texts.get("name"):
            odd.update({named(parts[part], "{} (text)"): text for part, text in texts.items()})
            return {}
        contact: dict[str, str] = {}
        for part, text in texts.items():
            value = self._value(part, text)
            if value is None:
                odd[named(parts[part], "{} (text)")] = text
            else:
                contact[part] = value
        return contact

    def _value(self, part: str, text: str) -> str | None:
        if part == "role":
            return values.roles().get(stages.fold(text))
        if part == "email":
            return values.mail(text)[0]
        if part == "phone":
            phone = parse_phone(text, self._region)
            return str(phone) if phone else None
        return text if part == "note" else " ".join(text.split())[:500]


def with_tiers(
    tiers: tuple[tuple[str, str], ...], given: Mapping[str, str], schemes: Mapping[str, Scheme],
    awaited: Collection[str],
) -> tuple[tuple[str, str], ...]:
    """The tiers, and those that the row gives under other schemes. UsageError for what is no tier of its scheme,
    NotAllowed where a lead confirms it.
    """
    found = dict(tiers)
    for place, text in given.items():
        scheme = place.removeprefix(TIER)
        if place.startswith(TIER) and scheme in schemes:
            if scheme in awaited:
                raise NotAllowed(_("a lead confirms the tiers of {scheme}").format(scheme=scheme))
            found[scheme] = find_tier(schemes[scheme], text).identifier
    return tuple(found.items())
