"""Signatures over bytes: whose count, when, and what is refused. Real keys, the real ssh-keygen."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers.keys import ENVIRON, Key, agent, make_key

from promptctl.errors import IntegrityError, PromptctlError, RefusedError, Unavailable
from promptctl.sshsig import NAMESPACE, TAG_NAMESPACE, parse, public_key, sign, verify

CONTENT = b'{"what":"was signed"}'
AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder / name) for name in ("ada", "bob", "eve")}


def checked(
    signature: bytes,
    signers: str,
    *,
    content: bytes = CONTENT,
    namespace: str = NAMESPACE,
    at: datetime = AT,
    revoked: str = "",
) -> str:
    return verify(
        content,
        signature,
        signers=signers.encode(),
        namespace=namespace,
        at=at,
        revoked=revoked.encode(),
        environ=ENVIRON,
    )


def signed(key: Key, content: bytes = CONTENT, namespace: str = NAMESPACE) -> bytes:
    return sign(content, key=str(key.path), namespace=namespace, environ=ENVIRON)


def openssh_says(
    folder: Path, signature: bytes, signers: str, principal: str, at: datetime, content: bytes = CONTENT
) -> bool:
    """Ask ssh-keygen alone, with the same file: what we allow, it must allow too."""
    (folder / "allowed").write_text(signers)
    (folder / "signature").write_bytes(signature)
    moment = f"verify-time={at:%Y%m%d%H%M%S}"
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", principal, "-n", NAMESPACE]
    done = subprocess.run(
        [*command, "-s", "signature", "-O", moment],
        cwd=folder,
        env={**ENVIRON, "TZ": "UTC"},
        input=content,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.parametrize(
    "kind",
    [
        ("-t", "ed25519"),
        ("-t", "ecdsa", "-b", "256"),
        ("-t", "ecdsa", "-b", "384"),
        ("-t", "ecdsa", "-b", "521"),
        ("-t", "rsa", "-b", "2048"),
    ],
    ids=lambda kind: "-".join(kind[1::2]),
)
def test_who_signed_is_the_principal_whose_key_it_is(tmp_path: Path, kind: tuple[str, ...]) -> None:
    key = make_key(tmp_path / "key", *kind)
    assert checked(signed(key), key.line("ada@acme.example")) == "ada@acme.example"


def test_a_key_of_hardware_is_accepted(tmp_path: Path) -> None:
    public, signature = _hardware_signature(tmp_path)
    assert checked(signature, f"ada@acme.example {public}\n") == "ada@acme.example"
    with pytest.raises(IntegrityError, match="other bytes"):
        checked(signature, f"ada@acme.example {public}\n", content=b"other")


def test_a_signature_is_what_plain_ssh_keygen_makes_and_takes(tmp_path: Path, keys: dict[str, Key]) -> None:
    line = keys["ada"].line()
    assert openssh_says(tmp_path, signed(keys["ada"]), line, "ada@acme.example", AT)
    made = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(keys["ada"].path)],
        input=CONTENT,
        capture_output=True,
        check=True,
    )
    assert checked(made.stdout, line) == "ada@acme.example"
    assert signed(keys["ada"]) == made.stdout


LAST_SECOND = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("options", "at", "why"),
    [
        ('valid-before="20260504123015Z"', LAST_SECOND, ""),
        ('valid-before="20260504123015Z"', LAST_SECOND + SECOND, "expired at 2026-05-04 12:30:15Z"),
        ('valid-before="20260504"', LAST_SECOND, "expired"),
        ('valid-before="202605041231"', LAST_SECOND, ""),
        ('valid-after="20260504123015"', LAST_SECOND, ""),
        ('valid-after="20260504123015"', LAST_SECOND - SECOND, "valid only from 2026-05-04 12:30:15Z on"),
        ('valid-after="20260504",valid-before="20260505"', LAST_SECOND, ""),
        ('namespaces="promptctl"', AT, ""),
        ('namespaces="git,promptctl"', AT, ""),
        ('namespaces="git"', AT, "may not sign in the namespace promptctl"),
        ('NAMESPACES="promptctl"', AT, ""),
        ('namespaces="promptctl",valid-before="20250101"', AT, "expired"),
    ],
)
def test_a_key_counts_while_it_is_valid_and_in_its_namespaces_as_openssh_has_it(
    tmp_path: Path, keys: dict[str, Key], options: str, at: datetime, why: str
) -> None:
    signature, line = signed(keys["ada"]), keys["ada"].line(options=options)
    assert openssh_says(tmp_path, signature, line, "ada@acme.example", at) == (not why)
    if why:
        with pytest.raises(IntegrityError, match=why):
            checked(signature, line, at=at)
    else:
        assert checked(signature, line, at=at) == "ada@acme.example"


def test_a_key_with_a_second_line_is_valid_when_either_says_so(keys: dict[str, Key]) -> None:
    ada = keys["ada"]
    lines = ada.line(options='valid-before="20260101"') + ada.line(options='valid-after="20260601"')
    signature = signed(ada)
    assert checked(signature, lines, at=AT.replace(month=7)) == "ada@acme.example"
    with pytest.raises(IntegrityError, match="valid only from"):
        checked(signature, lines, at=AT)


# By what is changed, given the lines of Ada and of Bob.
REFUSED: dict[str, tuple[Callable[[Key, Key], dict[str, Any]], str]] = {
    "an unknown key": (lambda _, bob: {"signers": bob.line()}, "nobody among the allowed signers"),
    "no signers": (lambda *_: {"signers": ""}, "nobody among the allowed signers"),
    "a revoked key": (lambda ada, _: {"revoked": f"# stolen\n{ada.public}\n"}, "is revoked"),
    "a revoked key with a comment": (lambda ada, _: {"revoked": f"{ada.public} ada\r\n"}, "is revoked"),
    "revocations that nobody can read": (lambda *_: {"revoked": "SHA256:abc\n"}, "revoked_keys, line 1"),
    "another namespace": (lambda *_: {"namespace": TAG_NAMESPACE}, "the namespace 'promptctl', not for git"),
    "other bytes": (lambda *_: {"content": CONTENT + b"\n"}, "over other bytes"),
    "no bytes": (lambda *_: {"content": b""}, "over other bytes"),
    "a key of two people": (
        lambda ada, _: {"signers": ada.line() + ada.line("bob@acme.example")},
        "belongs to ada@acme.example and bob@acme.example",
    ),
    "a pattern": (lambda ada, _: {"signers": ada.line("*@acme.example")}, "nobody among"),
    "a list": (lambda ada, _: {"signers": ada.line("ada@acme.example,bob@acme.example")}, "nobody among"),
    "an authority": (lambda ada, _: {"signers": ada.line(options="cert-authority")}, "nobody among"),
    "a commented line": (lambda ada, _: {"signers": "#" + ada.line()}, "nobody among"),
    "a line after a byte order mark": (lambda ada, _: {"signers": "\ufeff" + ada.line()}, "nobody among"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_count_is_refused_with_the_reason(keys: dict[str, Key], case: str) -> None:
    changes, why = REFUSED[case]
    arguments = {"signers": keys["ada"].line(), **changes(keys["ada"], keys["bob"])}
    with pytest.raises(IntegrityError, match=why):
        checked(signed(keys["ada"]), **arguments)


def test_comments_blank_lines_and_windows_line_ends_change_nothing(keys: dict[str, Key]) -> None:
    mine, bobs = keys["ada"].line().strip(), keys["bob"].line("bob@acme.example")
    lines = f"# people\r\n\r\n  \t\r\n{bobs}{mine} ada's laptop\r\n"
    assert checked(signed(keys["ada"]), lines) == "ada@acme.example"


def test_nobody_signs_with_the_key_of_another_person(keys: dict[str, Key]) -> None:
    lines = keys["ada"].line() + keys["bob"].line("bob@acme.example")
    assert checked(signed(keys["bob"]), lines) == "bob@acme.example"
    ours, theirs = parse(signed(keys["ada"])), parse(signed(keys["bob"]))
    forged = theirs._replace(blob=theirs.blob.replace(theirs.key.blob, ours.key.blob)).armoured
    with pytest.raises(IntegrityError, match="wrong"):
        checked(forged, lines)


def _garbled(signature: bytes) -> dict[str, bytes]:
    lines = signature.split(b"\n")
    blob = parse(signature).blob
    return {
        "empty": b"",
        "half": signature[: len(signature) // 2],
        "without its end": b"\n".join(lines[:-2]),
        "something before": b"x\n" + signature,
        "something behind": signature + b"x",
        "twice": signature * 2,
        "another word": signature.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"),
        "no base64": signature.replace(lines[1], lines[1][:-1] + b"*"),
        "nothing inside": b"\n".join([lines[0], *lines[-2:]]),
        "a byte more inside": _armour(blob + b"\0"),
        "a byte less inside": _armour(blob[:-1]),
        "another version": _armour(blob[:9] + b"\2" + blob[10:]),
        "a length without end": _armour(blob[:10] + b"\xff\xff\xff\xff" + blob[14:]),
        "too large": _armour(blob + bytes(100_000)),
        "a certificate": _armour(blob.replace(b"ssh-ed25519", b"ssh-xx25519", 1)),
    }


def _armour(blob: bytes) -> bytes:
    text = base64.encodebytes(blob)
    return b"-----BEGIN SSH SIGNATURE-----\n" + text + b"-----END SSH SIGNATURE-----\n"


def test_a_signature_that_is_not_whole_is_refused(keys: dict[str, Key]) -> None:
    garbled = _garbled(signed(keys["ada"]))
    for name, each in garbled.items():
        with pytest.raises(IntegrityError, match="damaged"):
            pytest.fail(f"{name}: {checked(each, keys['ada'].line())}")


def test_a_signature_of_which_any_byte_was_changed_is_refused(keys: dict[str, Key]) -> None:
    blob = parse(signed(keys["ada"])).blob
    for at in range(0, len(blob), 9):
        changed = blob[:at] + bytes([blob[at] ^ 0x20]) + blob[at + 1 :]
        with pytest.raises(IntegrityError):
            pytest.fail(f"byte {at}: {checked(_armour(changed), keys['ada'].line())}")


def test_more_than_may_be_read_is_refused_before_anything_runs(keys: dict[str, Key]) -> None:
    signature = signed(keys["ada"])
    with pytest.raises(IntegrityError, match="at most 1,048,576"):
        checked(signature, keys["ada"].line() + "#" * 1_048_576)


def test_a_machine_without_ssh_keygen_says_so(tmp_path: Path, keys: dict[str, Key]) -> None:
    signature = signed(keys["ada"])
    for path in (str(tmp_path), "", "bin:.", str(tmp_path / "none")):
        with pytest.raises(Unavailable, match="not installed") as refused:
            verify(
                CONTENT,
                signature,
                signers=keys["ada"].line().encode(),
                namespace=NAMESPACE,
                at=AT,
                environ={"PATH": path},
            )
        assert refused.value.hint == "install OpenSSH 8.1 or newer"


def test_an_ssh_keygen_of_the_folder_one_stands_in_never_runs(
    tmp_path: Path, keys: dict[str, Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path / "ssh-keygen", f"touch {tmp_path}/ran; exit 0")
    monkeypatch.chdir(tmp_path)
    environ = {"PATH": os.pathsep.join([".", "", ENVIRON["PATH"]])}
    with pytest.raises(IntegrityError):
        verify(
            b"forged",
            signed(keys["ada"]),
            signers=keys["ada"].line().encode(),
            namespace=NAMESPACE,
            at=AT,
            environ=environ,
        )
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("words", ["unknown option -- Y", "ssh-keygen: illegal option -- Y"])
def test_an_old_ssh_keygen_is_named_as_such(tmp_path: Path, keys: dict[str, Key], words: str) -> None:
    _program(tmp_path / "ssh-keygen", f"echo '{words}' >&2; exit 1")
    with pytest.raises(Unavailable, match="too old"):
        sign(CONTENT, key=str(keys["ada"].path), namespace=NAMESPACE, environ={"PATH": str(tmp_path)})


def test_where_ssh_keygen_itself_is_in_trouble_no_signature_is_called_wrong(
    tmp_path: Path, keys: dict[str, Key]
) -> None:
    _program(tmp_path / "ssh-keygen", "echo 'No user exists for uid 4711' >&2; exit 255")
    with pytest.raises(Unavailable, match="No user exists for uid 4711"):
        verify(
            CONTENT,
            signed(keys["ada"]),
            signers=keys["ada"].line().encode(),
            namespace=NAMESPACE,
            at=AT,
            environ={"PATH": str(tmp_path)},
        )


def test_a_key_with_a_passphrase_is_refused_at_once_and_asks_nobody(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key", passphrase="secret")
    _program(tmp_path / "askpass", f"touch {tmp_path}/asked; echo secret")
    environ = {
        **ENVIRON,
        "SSH_ASKPASS": str(tmp_path / "askpass"),
        "DISPLAY": ":0",
        "SSH_ASKPASS_REQUIRE": "force",
    }
    begin = time.monotonic()
    with pytest.raises(RefusedError, match="passphrase") as refused:
        sign(CONTENT, key=str(key.path), namespace=NAMESPACE, environ=environ)
    assert refused.value.hint == f"let an agent hold it: eval $(ssh-agent); ssh-add {key.path}"
    assert time.monotonic() - begin < 20
    assert not (tmp_path / "asked").exists()


def test_an_agent_signs_with_a_key_that_is_named_by_path_or_by_its_text(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    with agent(tmp_path, key) as environ:
        key.path.unlink()
        for named in (f"key::{key.public}", key.public, f"{key.path}.pub", str(key.path)):
            signature = sign(CONTENT, key=named, namespace=NAMESPACE, environ=environ)
            assert checked(signature, key.line()) == "ada@acme.example"
    with pytest.raises(RefusedError, match="private half is not here"):
        sign(CONTENT, key=f"key::{key.public}", namespace=NAMESPACE, environ=ENVIRON)


@pytest.mark.parametrize("name", ["none", "-Y", "folder", "pipe", "text"])
def test_what_is_no_key_is_refused_with_what_to_set(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no key")
    os.mkfifo(tmp_path / "pipe")
    key = name if name == "-Y" else str(tmp_path / name)
    with pytest.raises(RefusedError) as refused:
        public_key(key, ENVIRON)
    assert "promptctl init --signing" in refused.value.hint
    if name != "pipe":
        with pytest.raises(PromptctlError):
            sign(CONTENT, key=key, namespace=NAMESPACE, environ=ENVIRON)


def test_the_public_half_is_known_without_a_file_of_it(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    public = key.public
    assert public_key(f"{key.path}.pub", ENVIRON).text == public
    (tmp_path / "key.pub").unlink()
    assert public_key(str(key.path), ENVIRON).text == public
    assert public_key(f"key::{public} comment", ENVIRON).text == public


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _hardware_signature(folder: Path) -> tuple[str, bytes]:
    """Return a public key and a signature as a security key makes them: PROTOCOL.u2f of OpenSSH."""
    secret = folder / "secret.pem"
    _openssl("genpkey", "-algorithm", "ed25519", "-out", str(secret))
    raw = _openssl("pkey", "-in", str(secret), "-pubout", "-outform", "DER")[-32:]
    kind, application = b"sk-ssh-ed25519@openssh.com", b"ssh:"
    public = _string(kind) + _string(raw) + _string(application)
    fields = _string(NAMESPACE.encode()) + _string(b"") + _string(b"sha512")
    message = b"SSHSIG" + fields + _string(hashlib.sha512(CONTENT).digest())
    state = b"\1" + (7).to_bytes(4, "big")  # somebody was present; the counter
    (folder / "message").write_bytes(
        hashlib.sha256(application).digest() + state + hashlib.sha256(message).digest()
    )
    proof = _openssl("pkeyutl", "-sign", "-rawin", "-inkey", str(secret), "-in", str(folder / "message"))
    signature = _string(kind) + _string(proof) + state
    blob = b"SSHSIG" + (1).to_bytes(4, "big") + _string(public) + fields + _string(signature)
    return f"{kind.decode()} {base64.b64encode(public).decode()}", _armour(blob)


def _string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _openssl(*words: str) -> bytes:
    return subprocess.run(["openssl", *words], capture_output=True, check=True).stdout
