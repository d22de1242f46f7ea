"""Signing as people meet it: tags, locks, keys that come and go. Real clones, real keys, plain git beside."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from helpers.keys import Key, agent, make_key, signs
from helpers.repositories import Clone, make_clone
from helpers.shop import SMALL, another, call, local_shop, lock_of, new_version, ok, publish, refused, shop

ALLOWED, REVOKED = ".promptctl/allowed_signers", ".promptctl/revoked_keys"
TAG = "prompts/hello/v1.0.0"
ENVIRON = {"PATH": os.environ["PATH"]}


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    """Ada signs, and the default branch knows her key under another e-mail than her git's."""
    clone = shop(tmp_path)
    key = make_key(tmp_path / "keys" / "ada")
    publish(clone, {ALLOWED: key.line("ada.l@acme.example")})
    signs(clone, key)
    return clone


def signed_by(clone: Clone, environment: str) -> str:
    """Return whom ssh-keygen alone finds to have signed the lock that serves, empty where nobody did."""
    lock_of(clone, environment)
    head = f"refs/remotes/origin/env/{environment}"
    files = {name: clone.path.parent / name for name in ("lock.json", "lock.json.sig")}
    for name, path in files.items():
        done = subprocess.run(
            ["git", "show", f"{head}:{name}"], cwd=clone.path, capture_output=True, check=False
        )
        if done.returncode:
            return ""
        path.write_bytes(done.stdout)
    allowed = clone.path.parent / "allowed"
    allowed.write_text(clone.git("show", f"origin/main:{ALLOWED}") + "\n")
    find = ["ssh-keygen", "-Y", "find-principals", "-f", str(allowed), "-s", str(files["lock.json.sig"])]
    principal = subprocess.run(find, capture_output=True, check=True).stdout.decode().strip()
    verify = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", principal, "-n", "promptctl"]
    subprocess.run(
        [*verify, "-s", str(files["lock.json.sig"])], input=files["lock.json"].read_bytes(), check=True
    )
    return principal


def test_a_release_is_signed_as_git_signs_and_plain_git_verifies_it(ada: Clone) -> None:
    ok(ada, "release", "hello", "--notes", "Notes.\n\n-----BEGIN PGP SIGNATURE-----")
    bob = another(ada, "bob", gpg_ssh_allowedSignersFile=ALLOWED)
    bob.git("tag", "--verify", TAG)
    assert "-----BEGIN SSH SIGNATURE-----" in bob.git("cat-file", "-p", TAG)
    assert [each["outcome"] for each in ok(bob, "release", "hello")["releases"]] == ["unchanged"]
    assert ok(bob, "release", "hello", "--version", "1.0.0")["releases"][0]["outcome"] == "exists"


def test_the_release_commit_is_the_same_whoever_signs(ada: Clone, tmp_path: Path) -> None:
    bob = another(ada, "bob")
    mine = ok(ada, "release", "hello")["releases"][0]
    ada.git("push", "--quiet", "origin", f":refs/tags/{TAG}")
    ada.git("tag", "--delete", TAG)
    bobs = ok(bob, "release", "hello")["releases"][0]
    assert (mine["commit"], mine["digest"]) == (bobs["commit"], bobs["digest"])
    assert mine["tag_object"] != bobs["tag_object"]


def test_every_change_of_an_environment_is_signed_by_who_makes_it(ada: Clone) -> None:
    new_version(ada, "Greet.")
    ok(ada, "promote", "hello", "--to", "dev")
    assert signed_by(ada, "dev") == "ada.l@acme.example"
    assert lock_of(ada, "dev")["pins"]["prompts/hello"]["by"] == "ada.l@acme.example"
    new_version(ada, "Greet warmly.")
    for words in (
        ["promote", "hello", "--to", "dev"],
        ["rollback", "hello", "--env", "dev", "--reason", "cold"],
        ["hold", "hello", "--env", "dev", "--reason", "wait"],
        ["unhold", "hello", "--env", "dev", "--reason", "go on"],
    ):
        before = lock_of(ada, "dev")["sequence"]
        ok(ada, *words)
        assert lock_of(ada, "dev")["sequence"] == before + 1
        assert signed_by(ada, "dev") == "ada.l@acme.example", words


def test_a_lock_of_somebody_without_a_key_carries_no_signature_of_the_one_before(ada: Clone) -> None:
    new_version(ada, "Greet.")
    ok(ada, "promote", "hello", "--to", "dev")
    bob = another(ada, "bob")
    ok(bob, "hold", "hello", "--env", "dev", "--reason", "wait")
    assert signed_by(ada, "dev") == ""
    assert lock_of(ada, "dev")["holds"][0]["by"] == "bob@acme.example"


def test_an_environment_keeps_the_signers_it_was_judged_by(ada: Clone, tmp_path: Path) -> None:
    lost = make_key(tmp_path / "keys" / "lost").public
    publish(ada, {REVOKED: f"{lost}\n"})
    new_version(ada, "Greet.")
    ok(ada, "promote", "hello", "--to", "dev")
    lock_of(ada, "dev")
    head = "origin/env/dev:policy"
    assert ada.git("show", f"{head}/allowed_signers") == ada.git("show", f"origin/main:{ALLOWED}")
    assert ada.git("show", f"{head}/revoked_keys") == lost
    assert call(ada, "verify", "--env", "dev").code == 0


def test_the_first_command_in_a_fresh_clone_signs_under_the_name_that_the_branch_gives_the_key(
    ada: Clone, tmp_path: Path
) -> None:
    new_version(ada, "Greet.")
    fresh = make_clone(ada.git("remote", "get-url", "origin"), tmp_path / "fresh", ada.environ)
    signs(fresh, ada.git("config", "user.signingkey"))
    ok(fresh, "promote", "hello", "--to", "dev")
    assert lock_of(ada, "dev")["pins"]["prompts/hello"]["by"] == "ada.l@acme.example"


def test_a_line_that_was_merged_meanwhile_is_known_at_once(ada: Clone, tmp_path: Path) -> None:
    bob, key = another(ada, "bob"), make_key(tmp_path / "keys" / "bob")
    new_version(bob, "Greet.")
    signs(bob, key)
    ada.git("pull", "--quiet", "origin", "main")
    lines = (ada.path / ALLOWED).read_text()
    publish(ada, {ALLOWED: lines + key.line("bob.b@acme.example")})
    ok(bob, "promote", "hello", "--to", "dev")
    assert lock_of(ada, "dev")["pins"]["prompts/hello"]["by"] == "bob.b@acme.example"


def test_a_key_that_nobody_knows_signs_and_the_email_of_git_is_what_is_said(
    ada: Clone, tmp_path: Path
) -> None:
    bob = another(ada, "bob")
    signs(bob, make_key(tmp_path / "keys" / "bob"))
    new_version(bob, "Greet.")
    ok(bob, "promote", "hello", "--to", "dev")
    assert lock_of(ada, "dev")["pins"]["prompts/hello"]["by"] == "bob@acme.example"
    assert ada.git("cat-file", "-t", "origin/env/dev:lock.json.sig") == "blob"


def test_a_key_held_by_an_agent_signs(ada: Clone, tmp_path: Path) -> None:
    key = Key(Path(ada.git("config", "user.signingkey")))
    public = key.public
    with agent(tmp_path, key) as environ:
        key.path.unlink()
        signs(ada, f"key::{public}")
        held = Clone(ada.path, {**ada.environ, "SSH_AUTH_SOCK": environ["SSH_AUTH_SOCK"]})
        new_version(held, "Greet.")
        ok(held, "promote", "hello", "--to", "dev")
    assert signed_by(ada, "dev") == "ada.l@acme.example"


@pytest.fixture
def locked(ada: Clone, tmp_path: Path) -> Clone:
    """Ada's key, which the default branch knows, has a passphrase, and no agent holds it."""
    new_version(ada, "Greet.")
    ok(ada, "promote", "hello", "--to", "dev")
    new_version(ada, "Greet warmly.")
    key = make_key(tmp_path / "keys" / "locked", passphrase="secret")
    publish(ada, {ALLOWED: (ada.path / ALLOWED).read_text() + key.line("ada.l@acme.example")})
    signs(ada, key)
    return ada


def test_a_known_key_that_cannot_sign_refuses_what_is_to_be_signed(locked: Clone) -> None:
    error = refused(locked, 4, "promote", "hello", "--to", "dev")
    assert "passphrase" in error["message"]
    assert "ssh-add" in error["hint"]
    publish(locked, {"prompts/hello.md": SMALL["prompts/hello.md"].replace("Greet", "Welcome")})
    refused(locked, 4, "release", "hello")


def test_a_key_that_cannot_sign_stops_no_rollback_and_no_hold(locked: Clone) -> None:
    signs(locked, str(Path(locked.git("config", "user.signingkey")).with_name("ada")))
    ok(locked, "promote", "hello", "--to", "dev")
    signs(locked, str(Path(locked.git("config", "user.signingkey")).with_name("locked")))
    for words in (
        ["rollback", "hello", "--env", "dev", "--reason", "cold"],
        ["hold", "hello", "--env", "dev", "--reason", "wait"],
    ):
        done = call(locked, *words)
        assert done.code == 0, done.err
        assert "warning: not signed: " in done.err
        assert signed_by(locked, "dev") == ""


@pytest.mark.parametrize("broken", ["signers", "branch", "key", "program"])
def test_a_rollback_is_signed_or_at_least_done_whatever_is_broken(
    ada: Clone, tmp_path: Path, broken: str
) -> None:
    for text in ("Greet.", "Greet warmly."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    clone = ada
    if broken == "signers":
        ada.git("rm", "-q", "-r", ".promptctl")
        publish(ada, {f"{ALLOWED}/x": "a folder"})
    elif broken == "branch":
        remote = Path(ada.git("remote", "get-url", "origin").removeprefix("file://"))
        subprocess.run(["git", "update-ref", "-d", "refs/heads/main"], cwd=remote, check=True)
    elif broken == "key":
        signs(ada, "~/none")
    else:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "git").symlink_to(_which("git"))
        clone = Clone(ada.path, {**ada.environ, "PATH": str(tmp_path / "bin")})
    done = call(clone, "rollback", "hello", "--env", "dev", "--reason", "cold")
    assert done.code == 0, done.err
    assert lock_of(ada, "dev")["pins"]["prompts/hello"]["version"] == "1.0.0"
    assert ("not signed" in done.err) == (broken in {"key", "program"})


def test_where_nobody_signs_a_key_that_cannot_is_said_and_stops_nothing(tmp_path: Path) -> None:
    clone = shop(tmp_path)
    signs(clone, make_key(tmp_path / "key", passphrase="secret"))
    publish(clone, {"prompts/hello.md": SMALL["prompts/hello.md"].replace("Greet", "Welcome")})
    done = call(clone, "release", "hello")
    assert done.code == 0
    assert "warning: not signed: " in done.err
    assert "SIGNATURE" not in clone.git("cat-file", "-p", TAG)


def test_a_registry_without_a_remote_signs_too(tmp_path: Path) -> None:
    clone, key = local_shop(tmp_path), make_key(tmp_path / "key")
    clone.commit({ALLOWED: key.line("ada.l@acme.example")})
    signs(clone, key)
    ok(clone, "release", "hello")
    ok(clone, "promote", "hello", "--to", "dev")
    clone.git("-c", f"gpg.ssh.allowedSignersFile={ALLOWED}", "tag", "--verify", TAG)
    assert lock_of(clone, "dev")["pins"]["prompts/hello"]["by"] == "ada.l@acme.example"
    assert clone.git("cat-file", "-t", "env/dev:lock.json.sig") == "blob"


def _which(name: str) -> str:
    from shutil import which

    found = which(name)
    assert found
    return found
