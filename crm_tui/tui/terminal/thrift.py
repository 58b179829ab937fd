"""The same picture in fewer bytes: a style is said once, not again for each piece of text that has it.

Textual sets every style in full before each piece and resets it after; on a slow line that is a third
of a page. What comes out leaves the terminal in the same state as what went in.
"""

from __future__ import annotations

from crm_tui.domain.expressions import expression

_SGR = expression(r"\x1b\[([0-9;:]*)m")
_ATOM = expression(r"[34]8;(?:2;\d+;\d+;\d+|5;\d+)|\d+")
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
_SLOT = {
    **dict.fromkeys(_OFF, ""),
    **{str(code): "foreground" for code in (*range(30, 38), 39, *range(90, 98))},
    **{str(code): "background" for code in (*range(40, 48), 49, *range(100, 108))},
}
Style = dict[str, str]


def thrifty(data: str) -> str:
    """`data` with its style changes (SGR) made as short as they can be; all else is as it was, in the same order.

    Every call begins and ends with the terminal's plain style, as Textual's frames do.
    """
    if data.count("\x1b[0m") < 2:
        return data
    out: list[str] = []
    now: Style = {}
    want: Style = {}
    for number, piece in enumerate(_SGR.split(data)):
        if number % 2:
            found = _understood(piece, want)
            if found is None:  # a style of its own kind: leave all as it came
                return data
            want = found
        elif piece:
            if want != now and not _indifferent(piece):
                out.append(_change(now, want))
                now = want
            out.append(piece)
    if now or want:
        out.append(_change(now, want))
    return "".join(out)


_INDIFFERENT = expression(r"(?:\x1b\[\d+;\d+H|\r|\n|\x1b\[\?\d+[hl])+")


def _indifferent(piece: str) -> bool:
    """Does this only move the cursor or switch a mode, whatever the style?"""
    return _INDIFFERENT.fullmatch(piece) is not None


def _understood(parameters: str, style: Style) -> Style | None:
    """The style after these SGR parameters; None when one of them is not known here."""
    if parameters in ("", "0"):
        return {}
    atoms = _ATOM.findall(parameters)
    if ";".join(atoms) != parameters:
        return None
    new = dict(style)
    for atom in atoms:
        slot = _slot(atom)
        if slot is None:
            return None
        new[slot] = atom
    return new


def _slot(atom: str) -> str | None:
    """What the atom sets: an attribute (named by its own code), the foreground, the background."""
    if ";" in atom:
        return "foreground" if atom.startswith("38") else "background"
    return _SLOT.get(atom) or (atom if atom in _SLOT else None)


def _change(now: Style, want: Style) -> str:
    """The shorter of: add and take away what differs, or begin anew."""
    if not want:
        return "\x1b[0m"
    anew = f"\x1b[0;{';'.join(want.values())}m" if now else f"\x1b[{';'.join(want.values())}m"
    off = [_OFF.get(slot) or {"foreground": "39", "background": "49"}[slot] for slot in now if slot not in want]
    lost = {"1", "2"} & (now.keys() - want.keys())  # 22 ends both
    on = [atom for slot, atom in want.items() if now.get(slot) != atom or (lost and slot in ("1", "2"))]
    step = f"\x1b[{';'.join([*dict.fromkeys(off), *on])}m"
    return min(step, anew, key=len)
