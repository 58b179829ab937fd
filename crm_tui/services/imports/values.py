"""What single texts of a table mean: stages, tiers, roles, mails, tags and times, as people write them in tables."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

from crm_tui.domain import stages
from crm_tui.domain.errors import UsageError
from crm_tui.domain.profile_fields import ROLES
from crm_tui.domain.schemes import find_tier, primary, shipped
from crm_tui.formats.headings import stage_of
from crm_tui.services import profiles

EMPTY = frozenset(("-", "--", "—", "–", "/", "\\", "n/a", "#n/a", "na", "null", "none", "nil"))
EMPTY |= {"无", "無", "没有", "沒有", "暂无", "暫無"}
"""What people write into a cell that says nothing, casefolded."""

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_TIER_WORDS = re.compile(r"(?:[类級级類]\s*(?:客户|客戶)?|客户|客戶)$")
_TAGS = re.compile(r"[\s,，、;；|\"():]+")
_MAILS = re.compile(r"[\s;；,，、/|<>]+")


@cache
def roles() -> dict[str, str]:
    """The role of a contact by everything that it is called, folded."""
    return {
        stages.fold(name): role.identifier for role in ROLES for name in (role.identifier, role.label, *role.synonyms)
    }


def stage(text: str) -> str:
    """The stage that the text means, the first one if it is empty; UsageError."""
    if not text:
        return stages.FIRST
    return stage_of(text) or stages.stage(text).identifier


def tiers(text: str, stage: str) -> tuple[tuple[str, str], ...]:
    """The tiers that the text gives, (scheme, tier), under the stage's scheme first: the lowest of it if none."""
    schemes = shipped()
    first = schemes[primary(stage)]
    lowest = (first.identifier, first.tiers[-1].identifier)
    if not text:
        return (lowest,)
    for scheme in (first, *(other for other in schemes.values() if other is not first)):
        for words in (text, _TIER_WORDS.sub("", text)):
            try:
                found = (scheme.identifier, find_tier(scheme, words).identifier)
            except UsageError:
                continue
            return (found,) if scheme is first else (lowest, found)
    find_tier(first, text)
    raise AssertionError(text)


def mail(text: str) -> tuple[str, str]:
    """The address, and what else the cell holds; UsageError when there is none in it."""
    try:
        return profiles.check_email(text), ""
    except UsageError:
        parts = [part.removeprefix("mailto:") for part in _MAILS.split(text) if "@" in part]
        if not parts:
            raise
        return profiles.check_email(parts[0]), ", ".join(parts[1:])


def tags(text: str) -> tuple[str, ...]:
    """The tags in the text, each once."""
    words = (word.lstrip("#").casefold()[:60] for word in _TAGS.split(text))
    return tuple(dict.fromkeys(word for word in words if word))


def iso(text: str) -> datetime | None:
    """The moment of a text in the form that nearly all tables have, which need not be understood first.

    Naive, unless the text names its zone.
    """
    if not _ISO.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
