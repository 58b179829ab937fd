"""Words as questions to the search index; `domain.filters.search` says what they find."""

from __future__ import annotations

from crm_tui.domain.filters.nodes import Words
from crm_tui.domain.filters.search import SHORT, grams, is_han, search
from crm_tui.store.customers import OWN
from crm_tui.store.filter_sql.presence import CONTACTS
from crm_tui.store.filter_sql.scope import FEW, Scope

_CONTAINS = {
    "name": "text", "contact": "text", "phone": "reach", "email": "reach", "wechat": "reach",
    "contact.phone": "reach", "contact.email": "reach", "contact.wechat": "reach",
}  # fmt: skip
"""Searchable fields, and in which column of the index they are."""

_NOTHING = "\u25a1\u25a1\u25a1"
"""A gram that no text has."""


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def phrase(column: str, text: str) -> str:
    """The query for a part of one of the index's columns."""
    return f"{column}: {_quoted(text)}"


def part(field: str, text: str) -> tuple[str, str] | None:
    """Of a field that is searchable the index table and the query that finds all that may have the text (folded) as a
    part of it; None where the index cannot tell.
    """
    column = _CONTAINS.get(field)
    if column is None:
        return None
    if len(text) >= SHORT:
        return "search_trigram", phrase(column, text)
    # Every Han character of a name is a gram, and so are every two of them.
    gram = column == "text" and text.isprintable() and all(map(is_han, text))
    return ("search_gram", _quoted(text)) if gram else None


def _queries(words: Words) -> tuple[str, str, str]:
    """The index table, the query for names, and the query for ways to reach ("" for none)."""
    found = search(words)
    reach = " OR ".join(phrase("reach", part) for part in found.reach)
    if found.gram:
        return "search_gram", _quoted(found.text if found.text in grams(found.text) else _NOTHING), reach
    return "search_trigram", phrase("text", found.text), reach


def _anywhere(words: Words, named: str, reach: str) -> str:
    """The query for names and ways to reach; the same text in both is looked up once."""
    found = search(words)
    return _quoted(found.text) if found.reach == (found.text,) else f"({named}) OR ({reach})"


def driving(words: Words, scope: Scope) -> tuple[str, str]:
    """The words as what drives the query: rows come in the index's own order, which is the order of ids."""
    table, named, reach = _queries(words)
    if not reach or scope.is_masked:
        return table, f"s.{table} MATCH {scope.bind(named)}"
    return table, f"s.{table} MATCH {scope.bind(_anywhere(words, named, reach))}"


def found(words: Words, scope: Scope) -> str:
    """The words anywhere else in the tree, and in one's own customers."""
    table, named, reach = _queries(words)
    bounds = f" AND {scope.bounds}" if scope.bounds else ""
    if not reach or scope.is_masked:
        return f"c.id IN (SELECT rowid FROM {table} WHERE {table} MATCH {scope.bind(named)}{bounds})"
    every = _anywhere(words, named, reach)
    ids = f"SELECT rowid FROM {table} WHERE {table} MATCH ?{bounds}"
    if scope.part == OWN and scope.database.value(f"SELECT count(*) FROM ({ids} LIMIT {FEW + 1})", (every,)) > FEW:
        # A prefix of phones or a common mail domain: to look at one's own is less than to list everybody who has it.
        return f"(c.id IN ({ids.replace('?', scope.bind(named))}) OR {_reaches(search(words).reach, scope)})"
    return f"c.id IN ({ids.replace('?', scope.bind(every))})"


def _reaches(parts: tuple[str, ...], scope: Scope) -> str:
    """Whether any of the texts is part of a way to reach the customer or one of its contacts."""
    ways = (("phone", "digits"), ("email", "folded"), ("wechat", "folded"))
    own = [f"instr({form}(c.{way}), {scope.bind(part)}) IS TRUE" for part in parts for way, form in ways]
    theirs = [f"instr({form}(k.{way}), {scope.bind(part)}) IS TRUE" for part in parts for way, form in ways]
    return f"({' OR '.join(own)} OR EXISTS ({CONTACTS} AND ({' OR '.join(theirs)})))"
