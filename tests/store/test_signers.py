"""Who signs here and whose signatures count, as commits and git's configuration say it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from helpers.keys import Key, make_key
from helpers.repositories import Clone, hermetic_environ, make_repository

from promptctl.core.release import read_tag, split_signature
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, RefusedError
from promptctl.model.release import tag_bytes
from promptctl.sshsig import TAG_NAMESPACE, sign
from promptctl.store.repository import Repository
from promptctl.store.signers import (
    Signer,
    Signers,
    Verified,
    read_signers,
    signer_of,
    verify_tag,
)

ALLOWED, REVOKED = ".promptctl/allowed_signers", ".promptctl/revoked_keys"
AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder / name) for name in ("ada", "bob")}


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return make_repository(tmp_path / "registry", hermetic_environ(tmp_path / "home"))


def opened(clone: Clone) -> Repository:
    return Repository.discover(clone.path, clone.environ)


def signers(*lines: str, revoked: str = "", environ: dict[str, str] | None = None) -> Signers:
    return Signers("".join(lines).encode(), revoked.encode(), environ or {"PATH": os.environ["PATH"]})


def tag(notes: str = "", digest: str = DIGEST, at: datetime = AT) -> bytes:
    return tag_bytes(
        commit="1" * 40,
        address="prompts/x",
        version=Version(1, 0, 0),
        digest=digest,
        tagger=f"tagger Eve <eve@evil.example> {int(at.timestamp())} +0200".encode(),
        notes=notes,
    )


def signature(key: Key, content: bytes, namespace: str = TAG_NAMESPACE) -> bytes:
    return sign(content, key=str(key.path), namespace=namespace, environ={"PATH": os.environ["PATH"]})


def test_signers_are_those_of_a_commit_never_of_the_work_tree(clone: Clone, keys: dict[str, Key]) -> None:
    commit = clone.commit({ALLOWED: keys["ada"].line(), REVOKED: "# none\n", "x": "y"})
    clone.write({ALLOWED: keys["bob"].line("bob@acme.example")})
    with opened(clone) as repository:
        found = read_signers(repository, commit)
        assert (found.allowed, found.revoked) == (keys["ada"].line().encode(), b"# none\n")
        assert found.principal_of(keys["ada"].public) == "ada@acme.example"
        assert found.principal_of(keys["bob"].public) is None
        assert read_signers(repository, None).allowed == b""


def test_a_folder_in_the_place_of_the_signers_is_refused(clone: Clone) -> None:
    commit = clone.commit({f"{ALLOWED}/x": "y"})
    with opened(clone) as repository, pytest.raises(IntegrityError, match="is a tree, not a file"):
        read_signers(repository, commit)


def test_what_was_signed_later_than_now_never_counts(keys: dict[str, Key]) -> None:
    found, signed = signers(keys["ada"].line()), signature(keys["ada"], b"x", "promptctl")
    five = timedelta(minutes=5)
    assert found.verify(b"x", signed, at=AT + five, now=AT) == Verified("ada@acme.example")
    late = found.verify(b"x", signed, at=AT + five + timedelta(seconds=1), now=AT)
    assert late.principal is None
    assert "in the future, at 2026-05-04 12:35:01Z" in late.problem


@pytest.mark.parametrize("missing", [None, b""])
def test_what_has_no_signature_is_not_signed(keys: dict[str, Key], missing: bytes | None) -> None:
    found = signers(keys["ada"].line()).verify(b"x", missing, at=AT)
    assert found == Verified(None, "it is not signed")


@pytest.mark.parametrize("form", ["path", "public path", "home", "relative", "text", "key::text"])
def test_the_key_is_the_one_that_git_signs_with(clone: Clone, form: str) -> None:
    home = Path(clone.environ["HOME"])
    key = make_key(clone.path / "keys" / "k" if form == "relative" else home / "k")
    named = {
        "path": str(key.path),
        "public path": f"{key.path}.pub",
        "home": "~/k",
        "relative": "keys/k.pub",
        "text": key.public,
        "key::text": f"key::{key.public} me",
    }[form]
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingkey", named)
    with opened(clone) as repository:
        signer = signer_of(repository, signers(key.line("ada.l@acme.example")))
    assert signer is not None
    assert (signer.principal, signer.is_known, signer.public) == ("ada.l@acme.example", True, key.public)
    if "text" not in form:
        found = signers(key.line()).verify(b"x", signer.sign(b"x"), at=AT)
        assert found == Verified("ada@acme.example")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"gpg.format": "ssh"},
        {"user.signingkey": "/k"},
        {"gpg.format": "openpgp", "user.signingkey": "0xABCD"},
    ],
)
def test_who_has_set_no_key_of_ssh_does_not_sign(clone: Clone, settings: dict[str, str]) -> None:
    for key, value in settings.items():
        clone.git("config", key, value)
    with opened(clone) as repository:
        assert signer_of(repository, signers()) is None


def test_a_key_that_nobody_knows_signs_under_the_email_of_git_and_proves_nothing(
    clone: Clone, keys: dict[str, Key]
) -> None:
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingkey", str(keys["bob"].path))
    with opened(clone) as repository:
        signer = signer_of(repository, signers(keys["ada"].line()))
    assert signer is not None
    assert (signer.principal, signer.is_known) == ("ada@acme.example", False)
    with pytest.raises(RefusedError, match="do not know your key SHA256:") as refused:
        signer.known_to(signers(keys["ada"].line()))
    assert "promptctl init --signing" in refused.value.hint
    later = signer.known_to(signers(keys["bob"].line("bob@acme.example")))
    assert (later.principal, later.is_known) == ("bob@acme.example", True)


def test_a_key_that_is_gone_stops_only_what_must_be_signed(clone: Clone) -> None:
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingkey", "~/gone")
    with opened(clone) as repository:
        signer = signer_of(repository, signers())
    assert isinstance(signer, Signer)
    for act in (lambda: signer.sign(b"x"), lambda: signer.known_to(signers())):
        with pytest.raises(RefusedError, match="gone"):
            act()


def test_a_tag_is_signed_by_who_made_the_signature_never_by_its_tagger(keys: dict[str, Key]) -> None:
    signed = tag("Notes.") + signature(keys["ada"], tag("Notes."))
    assert read_tag(signed).by == "eve@evil.example"
    assert verify_tag(signed, signers(keys["ada"].line())) == Verified("ada@acme.example")


def test_a_tag_counts_at_the_time_that_it_says(keys: dict[str, Key]) -> None:
    signed = tag() + signature(keys["ada"], tag())
    retired = signers(keys["ada"].line(options='valid-before="20260504123000Z"'))
    assert verify_tag(signed, retired) == Verified("ada@acme.example")
    later = tag(at=AT + timedelta(seconds=1))
    found = verify_tag(later + signature(keys["ada"], later), retired)
    assert found.problem.endswith(
        "expired at 2026-05-04 12:30:00Z, and this was signed at 2026-05-04 12:30:01Z"
    )
    assert "in the future" in verify_tag(signed, retired, now=AT - timedelta(hours=1)).problem


FORGED: dict[str, Callable[[bytes, Key], bytes]] = {
    "no signature": lambda *_: tag(),
    "another digest": lambda signed, _: signed.replace(DIGEST.encode(), OTHER.encode()),
    "another commit": lambda signed, _: signed.replace(b"1" * 40, b"2" * 40),
    "another name": lambda signed, _: signed.replace(b"tag prompts/x", b"tag prompts/y"),
    "another time": lambda signed, _: signed.replace(b" +0200", b" +0000"),
    "a digest behind the signature": lambda signed, _: signed + f"\nDigest: {OTHER}\n".encode(),
    "a digest between text and signature": lambda signed, _: signed.replace(
        b"-----BEGIN", f"Digest: {OTHER}\n-----BEGIN".encode()
    ),
    "a digest inside of the signature": lambda signed, _: signed.replace(
        b"-----END", f"Digest: {OTHER}\n-----END".encode()
    ),
    "a second signature behind": lambda signed, key: signed + signature(key, b"other"),
    "a signature of bytes, not of a tag": lambda _, key: tag() + signature(key, tag(), "promptctl"),
    "a signature before the text": lambda _, key: signature(key, tag()) + tag(),
    "a signature in the header": lambda _, key: tag().replace(
        b"\n\n", b"\ngpgsig " + signature(key, tag()).replace(b"\n", b"\n ") + b"\n\n", 1
    ),
    "no time": lambda _, key: _unsigned_time(key),
    "another kind": lambda signed, _: signed.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"),
}


def _unsigned_time(key: Key) -> bytes:
    content = tag().replace(b" +0200", b"")
    return content + signature(key, content)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_tag_is_signed_by_nobody(keys: dict[str, Key], name: str) -> None:
    signed = tag() + signature(keys["ada"], tag())
    assert verify_tag(signed, signers(keys["ada"].line())).principal == "ada@acme.example"
    found = verify_tag(FORGED[name](signed, keys["ada"]), signers(keys["ada"].line()))
    assert found.principal is None
    assert found.problem


@pytest.mark.parametrize("name", FORGED)
def test_no_digest_is_read_that_the_signature_does_not_cover(keys: dict[str, Key], name: str) -> None:
    signed = tag() + signature(keys["ada"], tag())
    for content in (signed, FORGED[name](signed, keys["ada"])):
        said = read_tag(content).digest
        covered, _ = split_signature(content)
        assert not said or said.encode() in covered


def test_plain_git_takes_what_is_signed_here_and_we_what_it_signs(clone: Clone, keys: dict[str, Key]) -> None:
    commit = clone.commit({ALLOWED: keys["ada"].line(), "x": "y"})
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingkey", str(keys["ada"].path))
    clone.git("config", "gpg.ssh.allowedSignersFile", ALLOWED)
    clone.git("tag", "--sign", "--message", f"theirs\n\nDigest: {DIGEST}", "theirs")
    with opened(clone) as repository:
        found = read_signers(repository, commit)
        theirs = repository.objects.read("refs/tags/theirs")
        assert theirs is not None
        assert verify_tag(theirs.data, found) == Verified("ada@acme.example")
        assert read_tag(theirs.data).digest == DIGEST
        signer = signer_of(repository, found)
        assert signer is not None
        ours = repository.objects.write_tag(signer.signed_tag(tag().replace(b"1" * 40, commit.encode())))
        repository.objects.flush()
    clone.git("update-ref", "refs/tags/prompts/x/v1.0.0", ours)
    clone.git("tag", "--verify", "prompts/x/v1.0.0")
    clone.git("fsck", "--strict")


def test_a_program_that_the_repository_names_neither_signs_nor_verifies(
    clone: Clone, keys: dict[str, Key], tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\necho 'Good \"git\" signature for ada@acme.example'\n")
    program.chmod(0o755)
    for key in ("gpg.ssh.program", "gpg.program", "gpg.ssh.defaultKeyCommand", "core.sshCommand"):
        clone.git("config", key, str(program))
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingkey", str(keys["ada"].path))
    commit = clone.commit({ALLOWED: keys["ada"].line(), "x": "y"})
    forged = tag(digest=OTHER) + signature(keys["ada"], tag())
    with opened(clone) as repository:
        found = read_signers(repository, commit)
        signer = signer_of(repository, found)
        assert signer is not None
        assert verify_tag(signer.signed_tag(tag()), found) == Verified("ada@acme.example")
        assert verify_tag(forged, found).principal is None
    assert not ran.exists()
