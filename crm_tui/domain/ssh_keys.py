"""Public keys of OpenSSH: one line is read into a `PublicKey` or refused, and what is written for sshd is made from
what was read, never from what was typed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.text import clean

LEAST_RSA = 2_048
"""Bits of the smallest RSA key that is taken."""

_MOST_RSA = 16_384
_LONGEST = 8_192
_LONGEST_NAME = 100

_CURVES = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
"""The length of a point, in bytes."""

TYPES = (
    "ssh-ed25519", *(f"ecdsa-sha2-{curve}" for curve in _CURVES), "ssh-rsa", "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)  # fmt: skip

_LOGIN = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_COMMAND = re.compile(r"[A-Za-z0-9/._+:=@ -]+")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


@dataclass(frozen=True)
class PublicKey:
    """`key` is base64 as in the file, `name` the comment behind it, cleaned, perhaps empty."""

    type: str
    key: str
    name: str = ""

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it: SHA256:…"""
        digest = hashlib.sha256(base64.b64decode(self.key)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    def authorized(self, command: str) -> str:
        """The line of `authorized_keys`: this key runs the command on a terminal, and nothing else.

        ValueError for a command with a character that a shell or sshd could take for its own.
        """
        if not _COMMAND.fullmatch(command):
            raise ValueError(command)
        return f'command="{command}",restrict,pty {self.type} {self.key}'


def may_come_in(login: str) -> bool:
    """Whether the login may stand in a forced command, which sshd hands to a shell."""
    return _LOGIN.fullmatch(login) is not None


def is_fingerprint(text: str) -> bool:
    """Whether the text has the form of a fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def parse(text: str) -> PublicKey:
    """The one public key of the text, the contents of a `.pub` file; UsageError that says what it is instead."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    refusal = _no_line(text, lines)
    if refusal:
        raise UsageError(refusal)
    [line] = lines
    words = line.split(None, 2)
    kind = words[0]
    if kind not in TYPES:
        raise UsageError(_no_type(line, kind), line, 0)
    if len(words) < 2:
        raise UsageError(_("the key is cut off: paste the whole line of the .pub file"), line, len(line))
    fault = _fault(kind, words[1])
    if fault:
        raise UsageError(fault, line, len(kind) + 1)
    return PublicKey(kind, words[1], clean(words[2], _LONGEST_NAME) if len(words) > 2 else "")


def _no_line(text: str, lines: list[str]) -> str:
    if "PRIVATE KEY" in text or text.startswith("PuTTY-User-Key-File"):
        return _("that is a private key: keep it secret, and add the .pub file instead")
    if "BEGIN SSH2 PUBLIC KEY" in text:
        return _("that key is in the format of SSH2: `ssh-keygen -i -f FILE` makes a line of OpenSSH of it")
    if not lines:
        return _("there is no key in it: add the .pub file, one line that begins with ssh-ed25519 or the like")
    if len(lines) > 1:
        return _("there are {n} lines in it: add one key at a time").format(n=len(lines))
    if len(lines[0]) > _LONGEST:
        return _("that is too long for a public key")
    return ""


def _no_type(line: str, kind: str) -> str:
    if "-cert-v" in kind:
        return _("certificates are not taken: add the key itself")
    if kind == "ssh-dss":
        return _("DSA keys are not safe any more: make another with `ssh-keygen -t ed25519`")
    if any(f" {known} " in f" {line} " for known in TYPES):
        return _("options before the key are not taken: the door sets its own; add the key alone")
    return _("that is no public key: one line that begins with {types}").format(types=", ".join(TYPES[:1] + TYPES[4:6]))


def _fault(kind: str, text: str) -> str:
    """What is wrong with the base64 part of a key of this type; empty for nothing."""
    damaged = _("the key is damaged or cut off: paste the whole line of the .pub file")
    try:
        blob = base64.b64decode(text, validate=True)
        if base64.b64encode(blob).decode() != text:
            return damaged
        parts = _parts(blob)
    except (binascii.Error, ValueError):
        return damaged
    if not parts or parts[0] != kind.encode():
        return _("the key is not of the type {type} that stands before it").format(type=kind)
    if kind == "ssh-rsa":
        return _rsa_fault(parts[1:]) or ""
    return "" if _fits(kind, parts[1:]) else damaged


def _parts(blob: bytes) -> list[bytes]:
    """The fields of a key (RFC 4251 §5: a length of four bytes before each); ValueError where they do not fit."""
    found: list[bytes] = []
    at = 0
    while at < len(blob):
        length = int.from_bytes(blob[at : at + 4], "big")
        field = blob[at + 4 : at + 4 + length]
        if at + 4 > len(blob) or len(field) != length:
            raise ValueError
        found.append(field)
        at += 4 + length
    return found


def _rsa_fault(fields: list[bytes]) -> str | None:
    if len(fields) != 2 or any(not field or field[0] & 0x80 for field in fields):
        return _("the key is damaged or cut off: paste the whole line of the .pub file")
    exponent, modulus = (int.from_bytes(field, "big") for field in fields)
    bits = modulus.bit_length()
    if bits < LEAST_RSA:
        return _("an RSA key of {bits} bits is too short: {least} at least, or `ssh-keygen -t ed25519`").format(
            bits=bits, least=LEAST_RSA
        )
    if bits > _MOST_RSA or exponent < 3 or not exponent % 2 or not modulus % 2:
        return _("that is no RSA key that sshd takes: make another with `ssh-keygen -t ed25519`")
    return None


def _fits(kind: str, fields: list[bytes]) -> bool:
    """Whether the fields have the number and the lengths that the type has (RFC 5656, RFC 8709, PROTOCOL.u2f)."""
    if kind.startswith("sk-"):
        if not fields or not fields[-1] or len(fields[-1]) > 255:
            return False
        fields = fields[:-1]  # the application that the token asks for
    if "ed25519" in kind:
        return [len(field) for field in fields] == [32]
    curve = kind.removeprefix("sk-").removeprefix("ecdsa-sha2-").partition("@")[0]
    return len(fields) == 2 and fields[0] == curve.encode() and len(fields[1]) == _CURVES[curve] and fields[1][0] == 4
