from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.ssh_keys import TYPES, PublicKey, is_fingerprint, may_come_in, parse

ED = "AAAAC3NzaC1lZDI1NTE5AAAAIGOXnGphVbYTzgcsHO/Da05jVbxaJ+xjxu85NGUog4vd"
FINGERPRINT = "SHA256:sBKfLUB1d/vA2w2kOEGeRsS1E1zk8TnZRmHEhWxyv18"
"""As `ssh-keygen -l` says."""

EC = (
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCp4IiMwmGzDsb43WclJj84cKhp48coeUlHS4WucZE0xPwky"
    "/WvT6ym64M5gO0C+mYvgPryJZhquURVT9SYnosc="
)
RSA_2048 = (
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQCzObk3hP6ocf4tdxuexR0UhwZpEAagARG19GgAhA+cMuE19wfr6sX5nU9clOopzrqX+LKvpY+N55jZ"
    "QZYEnTtjx/zt4QwX29mCzgFIXD90CSv6KabSOUFNTZamq4hmFFCG5AnETZEApqpisecpJQ64ypFJ6fWo9/hxzNFrmq/8wKc/qHQu+m8boB0f"
    "4nmF6DDKU41t4oJ/qV/Bq1XDLCvPEzIqBvtDJDaX9rmCqPXpwvBAHZh4QZycAYxWbxvEkGCccNeGtkM6YSxQ/11r7hfDvyNfZvJpbxA2fta6"
    "JWhjAepDn4MprR6ZYVc70fRZYDl9t1U/KjP95yR+0ToAVPTF"
)
RSA_1024 = (
    "AAAAB3NzaC1yc2EAAAADAQABAAAAgQCxdeHwV8jZ9/CngLQPIM/WJDrPZCVOrGdAfLaHjBlcVC2XuFqnaBs7cbhKuGkf9aazquwVbYNIGIVS"
    "3N1uxcL/hPk6X8LPsZ11GnO7P1s940djoRCiENUwRGcPwxO8afBBs95czGQEihrJ2fVaectOA2obWu4/M/yb+fS6y3e0Ew=="
)


def blob(*fields: bytes) -> str:
    return base64.b64encode(b"".join(len(field).to_bytes(4, "big") + field for field in fields)).decode()


SK_ED, SK_EC = "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"
LINES = {
    "ssh-ed25519": ED,
    "ecdsa-sha2-nistp256": EC,
    "ecdsa-sha2-nistp384": blob(b"ecdsa-sha2-nistp384", b"nistp384", b"\x04" + b"x" * 96),
    "ecdsa-sha2-nistp521": blob(b"ecdsa-sha2-nistp521", b"nistp521", b"\x04" + b"x" * 132),
    "ssh-rsa": RSA_2048,
    SK_ED: blob(SK_ED.encode(), b"k" * 32, b"ssh:"),
    SK_EC: blob(SK_EC.encode(), b"nistp256", b"\x04" + b"x" * 64, b"ssh:"),
}


def test_every_type_that_is_taken_has_a_case_here() -> None:
    assert set(LINES) == set(TYPES)


@pytest.mark.parametrize(("kind", "text"), LINES.items())
def test_a_key_of_each_type_is_read(kind: str, text: str) -> None:
    assert parse(f"{kind} {text} li@laptop\n") == PublicKey(kind, text, "li@laptop")


def test_the_fingerprint_is_that_of_ssh_keygen() -> None:
    assert parse(f"ssh-ed25519 {ED}").fingerprint == FINGERPRINT
    assert is_fingerprint(FINGERPRINT)


@pytest.mark.parametrize(
    "text", ["", "SHA256:", "MD5:aa:bb", FINGERPRINT + "=", f"{FINGERPRINT};id", f"{FINGERPRINT}\n"]
)
def test_what_is_no_fingerprint(text: str) -> None:
    assert not is_fingerprint(text)


def test_a_comment_line_and_blanks_around_the_key_are_passed_over() -> None:
    assert parse(f"# of Li\n\n  ssh-ed25519 {ED} Li 李\x1b[31m\n").name == "Li 李[31m"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no key in it"),
        ("# only a comment", "no key in it"),
        (f"ssh-ed25519 {ED}\nssh-ed25519 {ED}", "2 lines"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----", "private key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
        ("PuTTY-User-Key-File-3: ssh-ed25519", "private key"),
        ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----", "ssh-keygen -i"),
        (f'command="id" ssh-ed25519 {ED}', "options"),
        (f"no-pty,from=\"*\" ssh-ed25519 {ED}", "options"),
        (f"cert-authority ssh-ed25519 {ED}", "options"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "certificates"),
        (f"ssh-dss {ED}", "DSA"),
        (f"ssh-rsa {RSA_1024}", "1024 bits is too short"),
        (f"ssh-rsa {ED}", "not of the type ssh-rsa"),
        (f"ssh-ed25519 {EC}", "not of the type ssh-ed25519"),
        ("ssh-ed25519", "cut off"),
        (f"ssh-ed25519 {ED[:-4]}", "damaged or cut off"),
        (f"ssh-ed25519 {ED[:-1]}", "damaged or cut off"),
        (f"ssh-ed25519 {ED}AAAA", "damaged or cut off"),
        (f"ssh-ed25519 {ED[:20]}!{ED[20:]}", "damaged or cut off"),
        (f"ssh-ed25519 {blob(b'ssh-ed25519', b'k' * 31)}", "damaged or cut off"),
        (f"ssh-rsa {blob(b'ssh-rsa', bytes([3]), b'')}", "damaged or cut off"),
        (f"ssh-rsa {blob(b'ssh-rsa', bytes([3]), bytes([1]) + b'x' * 255 + bytes([2]))}", "no RSA key that sshd takes"),
        (f"{SK_ED} {blob(SK_ED.encode(), b'k' * 32)}", "damaged or cut off"),
        ("ssh-ed25519 \x00", "damaged or cut off"),
        ("<html>not found</html>", "no public key"),
        ("x" * 9_000, "too long"),
    ],
)  # fmt: skip
def test_what_is_not_one_public_key_is_refused_with_what_it_is(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(text)


@given(st.text(max_size=200) | st.sampled_from(sorted(LINES.items())).map(" ".join).flatmap(
    lambda line: st.integers(0, len(line)).map(lambda n: line[:n] + '"\n' + line[n:])
))  # fmt: skip
def test_whatever_is_given_is_read_or_refused_and_never_written_on(text: str) -> None:
    try:
        line = parse(text).authorized("/usr/lib/session li")
    except UsageError:
        return
    assert line.count('"') == 2
    assert "\n" not in line


def test_the_line_for_sshd_runs_one_command_and_has_no_comment() -> None:
    line = parse(f"ssh-ed25519 {ED} x\ty").authorized(f"/usr/local/lib/crm-tui/session li {FINGERPRINT}")
    assert line == f'command="/usr/local/lib/crm-tui/session li {FINGERPRINT}",restrict,pty ssh-ed25519 {ED}'


@pytest.mark.parametrize(
    "command", ['a"b', "a;b", "$(id)", "`id`", "a\nb", "a|b", "a\\b", "a%b", "", "a&b", "a'b", "~"]
)
def test_a_command_that_a_shell_could_take_otherwise_is_no_command(command: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(f"ssh-ed25519 {ED}").authorized(command)


@pytest.mark.parametrize(
    ("login", "may"),
    [
        ("li", True), ("a", True), ("li_2-b", True), ("a" * 32, True), ("", False), ("Li", False), ("1st", False),
        ("-li", False), ("li wang", False), ("li;id", False), ("li\n", False), ("a" * 33, False), ("李", False),
        ("li.wang", False), ("li@host", False),
    ],
)  # fmt: skip
def test_which_logins_may_stand_in_a_forced_command(login: str, may: bool) -> None:
    assert may_come_in(login) is may
