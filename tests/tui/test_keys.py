from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.tui.terminal import keys
from crm_tui.tui.terminal.driver import Keyboard
from crm_tui.tui.terminal.keys import ESC, KeyStream, Pasted, Sequence, Token, Typed


def read(*pieces: str, expire: bool = True) -> list[Token]:
    """The tokens of what came in these reads, characters that were typed joined."""
    stream = KeyStream()
    tokens = [token for piece in pieces for token in stream.feed(piece)]
    tokens += stream.expire() if expire else ()
    joined: list[Token] = []
    for token in tokens:
        if joined and isinstance(token, Typed) and isinstance(joined[-1], Typed):
            joined[-1] = Typed(joined[-1].text + token.text)
        else:
            joined.append(token)
    return joined


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", [Typed("abc")]),
        (ESC, [Sequence(ESC)]),
        ("\x1bj", [Sequence(ESC), Typed("j")]),
        ("\x1b\r", [Sequence(ESC), Typed("\r")]),
        ("\x1b华", [Sequence(ESC), Typed("华")]),
        ("\x1b\x1b[A", [Sequence(ESC), Sequence("\x1b[A")]),
        ("\x1bOA\x1bOj", [Sequence("\x1bOA"), Sequence(ESC), Typed("Oj")]),
        ("\x1b[1;5Dx", [Sequence("\x1b[1;5D"), Typed("x")]),
        ("\x1b[[Ax", [Sequence("\x1b[[A"), Typed("x")]),
        ("\x1b[<0;3;4M", [Sequence("\x1b[<0;3;4M")]),
        ("\x1b[M !!d", [Sequence("\x1b[M !!"), Typed("d")]),
        ("\x1b[200~a\tb\rc\r\nd\x1b[201~e", [Pasted("a\tb\nc\nd"), Typed("e")]),
        ("\x1b[200~\x1b[31m d\x00\x9b2J\x1b]52;c;x\x07\x1b[201~", [Pasted("[31m d2J]52;c;x")]),
        ("\x1b[200~\x1b[201~", [Pasted("")]),
        ("\x1b[201~x", [Typed("x")]),
        ("\x1b[", [Sequence(ESC), Typed("[")]),
        ("\x1b[1;5", []),
        ("\x1b[12华", [Sequence(ESC), Typed("[12华")]),
    ],
)
def test_what_comes_is_cut_into_keys(text: str, expected: list[Token]) -> None:
    assert read(text) == expected


pieces_of_a_session = st.lists(
    st.sampled_from([*"j华\r\n[OA~201\x9b", ESC, "\x1b[A", "\x1b[200~", "\x1b[201~"]),
    max_size=30,
).map("".join)


@given(pieces_of_a_session, st.data())
def test_how_it_is_cut_into_reads_makes_no_difference(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    bounds = [0, *cuts, len(text)]
    assert read(*(text[a:b] for a, b in pairwise(bounds))) == read(text)


def test_the_end_of_a_paste_is_found_wherever_it_is_cut() -> None:
    text = "\x1b[200~ab\x1b[20\x1b[201~c"
    for cut in range(len(text)):
        assert read(text[:cut], text[cut:]) == [Pasted("ab[20"), Typed("c")]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_a_paste_becomes_no_key_whatever_is_in_it(text: str) -> None:
    inside = text.replace(keys.PASTE_END, "")
    tokens = read(f"\x1b[200~{inside}\x1b[201~")
    assert [type(token) for token in tokens] == [Pasted]
    pasted = tokens[0].text
    assert not [c for c in pasted if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160]


def test_a_paste_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "PASTE_LIMIT", 10)
    assert read("\x1b[200~123456", "7890abc", "def\x1b[201~x") == [Pasted("1234567890"), Typed("x")]


def test_a_sequence_without_end_is_given_up() -> None:
    assert read("\x1b[" + "1;" * 3000, "x") == [Typed("x")]


@pytest.mark.parametrize(
    ("held", "patience"),
    [("", None), ("j", None), (ESC, 0.1), ("\x1b[", 0.1), ("\x1b[1;", keys.PATIENCE), ("\x1b[200~a\x1b[2", None)],
)
def test_only_a_pending_escape_sets_a_clock(held: str, patience: float | None) -> None:
    stream = KeyStream(0.1)
    list(stream.feed(held))
    assert stream.patience == patience


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"aG ", [("a", "a"), ("G", "G"), ("space", " ")]),
        (b"\xe9x", [("replacement_character", "\ufffd"), ("x", "x")]),
        (b"\r\t\x7f\x03\n", [(k, None) for k in ("enter", "tab", "backspace", "ctrl+c", "ctrl+j")]),
        (b"\x1b[A\x1b[3~\x1b[Z\x1b[1;5C", [(k, None) for k in ("up", "delete", "shift+tab", "ctrl+right")]),
        (b"\x1bOP\x1b[[B\x1b[5~", [(k, None) for k in ("f1", "f2", "pageup")]),
        (b"\x1bj", [("escape", None), ("j", "j")]),
        ("：华é".encode(), [("fullwidth_colon", "："), ("华", "华"), ("é", "é")]),
        (b"\xc2\x9b2J", [("2", "2"), ("J", "J")]),
        (b"\x1b[99;9zb", [("b", "b")]),
        (b"\x1b[I\x1b[O\x1b[3;4R\x1b[?2048;1$y", []),
    ],
)
def test_bytes_become_the_keys_that_textual_names(data: bytes, expected: list[tuple[str, str | None]]) -> None:
    found = [(event.key, event.character) for event in Keyboard().feed(data)]
    assert [key for key, _ in found] == [key for key, _ in expected]
    assert all(want is None or have == want for (_, have), (_, want) in zip(found, expected, strict=True))


def test_clicks_the_wheel_and_synchronised_output_are_known() -> None:
    found = Keyboard().feed(b"\x1b[<0;5;3M\x1b[<0;5;3m\x1b[<65;5;3M\x1b[?2026;2$y\x1b[?2026;0$y")
    assert [type(event).__name__ for event in found] == [
        "MouseDown",
        "MouseUp",
        "MouseScrollDown",
        "TerminalSupportsSynchronizedOutput",
    ]
