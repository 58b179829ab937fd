"""How people write keys: every spelling of a sequence has one canonical form, the one that terminals' keys arrive in.

What no terminal sends, and what the program keeps for itself, is refused with the reason.
"""

from __future__ import annotations

import re

from crm_tui.commands.keymap import LETTER, Keys, is_letter, key_name
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.text import ascii_twin

KEPT = ("escape", "ctrl+c", "ctrl+q")
"""The ways out: no keymap takes them away."""

_MOVING = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete")
NAMED = ("enter", "escape", "space", "tab", "backspace", *_MOVING, *(f"f{number}" for number in range(1, 13)))
_ALIASES = {
    "return": "enter", "cr": "enter", "esc": "escape", "spc": "space", "blank": "space", "bs": "backspace",
    "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown", "pgdown": "pagedown", "page-up": "pageup",
    "page-down": "pagedown", "page_up": "pageup", "page_down": "pagedown", "lt": "<", "gt": ">", "bslash": "\\",
    "bar": "|",
}  # fmt: skip
_MODIFIERS = {
    "c": "ctrl", "ctrl": "ctrl", "control": "ctrl", "s": "shift", "shift": "shift", "a": "alt", "m": "alt",
    "alt": "alt", "meta": "alt", "option": "alt", "super": "super", "cmd": "super", "d": "super", "win": "super",
}  # fmt: skip
_SAME = {"i": "tab", "m": "enter", "[": "escape", "h": "backspace"}
"""What a terminal sends for ctrl and these."""
_CONTROLS = {
    **{chr(code): chr(code) for code in range(ord("a"), ord("z") + 1)}, "space": "@", "@": "@", "\\": "backslash",
    "]": "right_square_bracket", "^": "circumflex_accent", "_": "underscore", "/": "underscore", "-": "underscore",
}  # fmt: skip
_MODIFIED = re.compile(r"((?:[a-z]+[+-])+)(.+)", re.IGNORECASE | re.DOTALL)
_RUN = 2
"""Characters in one word that are keys one after the other, as in `gg`; longer words are names."""


def read(text: str) -> Keys:
    """The sequence that a text names: `g g`, `gg`, `ctrl+x`, `<c-x>`, `^x`, `space`, `Q <letter>`.

    UsageError for what is no key, for what no terminal sends, and for what the program keeps.
    """
    words = [ascii_twin(word) for word in text.split()] or (["space"] if text else [])
    if not words:
        raise UsageError(_('"" names no key: write one as in "x", "g g", "ctrl+x" or "space"'))
    keys = tuple(key for word in words for key in _keys(word))
    for key in keys:
        if key in KEPT:
            raise UsageError(_('"{key}" is kept by the program: choose another key').format(key=key))
    if LETTER in keys[:-1] or keys == (LETTER,):
        raise UsageError(_('{letter} may only come last, after another key, as in "Q {letter}"').format(letter=LETTER))
    return keys


def _keys(word: str) -> Keys:
    if len(word) == 1:
        return (_plain(word, word),)
    if word.casefold() == LETTER:
        return (LETTER,)
    inner = word[1:-1] if len(word) > 2 and word[0] == "<" and word[-1] == ">" else word
    name = _named(inner)
    if name is not None:
        return (name,)
    if len(inner) == 2 and inner[0] == "^":
        return (_control(inner[1], word),)
    if (match := _MODIFIED.fullmatch(inner)) is not None:
        return (_modified(match[1], match[2], word),)
    if inner is word and len(word) <= _RUN:
        return tuple(_plain(character, word) for character in word)
    hint = nearest(inner, (*NAMED, *_ALIASES)) or _(": keys one after the other have blanks between them")
    raise UsageError(_('there is no key "{word}"{hint}').format(word=word, hint=hint))


def _plain(character: str, word: str) -> str:
    if not character.isprintable():
        raise UsageError(_('there is no key "{word}"').format(word=ascii(word)[1:-1]))
    return character


def _named(word: str) -> str | None:
    folded = word.casefold()
    if folded in NAMED:
        return folded
    if folded in _ALIASES:
        return _ALIASES[folded]
    name = key_name(folded, None)  # as Textual calls punctuation: question_mark
    return name if name != folded else None


def _modified(modifiers: str, key: str, word: str) -> str:
    found = {_MODIFIERS.get(name.casefold()) for name in re.split(r"[+-]", modifiers) if name}
    if None in found:
        raise UsageError(_('there is no key "{word}": with ctrl it is written ctrl+x').format(word=word))
    if "super" in found:
        raise UsageError(_('no terminal sends "{word}"').format(word=word))
    if "alt" in found:
        raise UsageError(_('"{word}" arrives as Esc and the key: choose another').format(word=word))
    base = key if len(key) == 1 else _named(key)
    if base is None:
        raise UsageError(_('there is no key "{word}"{hint}').format(word=word, hint=nearest(key, NAMED)))
    if base in _MOVING:
        return "+".join([*sorted(name for name in found if name), base])
    if found == {"ctrl"}:
        return _control(base, word)
    if found == {"shift"} and base == "tab":
        return "shift+tab"
    if found == {"shift"} and is_letter(base) and base.isalpha():
        return base.upper()
    raise UsageError(_('no terminal sends "{word}": choose another key').format(word=word))


def _control(key: str, word: str) -> str:
    key = key.lower()
    if key in _SAME:
        return _SAME[key]
    if key not in _CONTROLS:
        raise UsageError(_('no terminal sends "{word}": choose another key').format(word=word))
    return f"ctrl+{_CONTROLS[key]}"
