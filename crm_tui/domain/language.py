"""The language of the reader: every visible text passes through `_` or `ngettext`.

The catalogue is read elsewhere (this package does no I/O) and handed to `install`; until then, and
where a text has no translation, the English of the source is what is shown.
"""

from __future__ import annotations

from gettext import NullTranslations

_current = NullTranslations()


def install(translations: NullTranslations) -> None:
    """Make `translations` the language of all texts from now on."""
    global _current
    _current = translations


def _(message: str) -> str:
    """The message in the reader's language."""
    return _current.gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form of the message for `n` things, in the reader's language."""
    return _current.ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a message for the catalogues where it is defined; `_` translates it where it is shown."""
    return message
