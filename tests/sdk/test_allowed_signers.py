"""With `allowed_signers`, a runtime adopts no lock that nobody of them signed. Real keys."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.environments import ADDRESS, NAME, Remote, bundle_of, lock_of, pin_of, prompt_body, wait_for
from helpers.keys import ENVIRON, Key, make_key

import promptctl
from promptctl.core.environment import LOCK, LOCK_SIGNATURE
from promptctl.sshsig import NAMESPACE, sign

Connect = Callable[..., promptctl.Registry]
BUNDLE = f"releases/{ADDRESS}/bundle.json"
GOOD = bundle_of(prompt_body("good"))


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return make_key(tmp_path_factory.mktemp("keys") / "bot")


@pytest.fixture(scope="module")
def eve(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return make_key(tmp_path_factory.mktemp("keys") / "eve")


def line(key: Key, options: str = "") -> bytes:
    return key.line("release-bot@acme.example", options).encode()


def files(sequence: int, content: bytes = GOOD, version: str = "1.0.0") -> dict[str, bytes]:
    return {LOCK: lock_of({ADDRESS: pin_of(content, version)}, sequence), BUNDLE: content}


def signed(key: Key, written: dict[str, bytes], namespace: str = NAMESPACE) -> dict[str, bytes]:
    signature = sign(written[LOCK], key=str(key.path), namespace=namespace, environ=ENVIRON)
    return {**written, LOCK_SIGNATURE: signature}


def version_of(registry: promptctl.Registry) -> str:
    return registry.prompt(NAME).version


@pytest.mark.parametrize("form", ["path", "text", "bytes"])
def test_a_lock_that_an_allowed_signer_signed_serves(
    remote: Remote, connect: Connect, bot: Key, tmp_path: Path, form: str
) -> None:
    path = tmp_path / "allowed_signers"
    path.write_bytes(line(bot))
    remote.write(signed(bot, files(1)))
    given = {"path": path, "text": str(path), "bytes": line(bot)}[form]
    registry = connect(allowed_signers=given)
    assert version_of(registry) == "1.0.0"
    remote.write(signed(bot, files(2, version="1.1.0")))
    wait_for(lambda: version_of(registry) == "1.1.0", "the new one")


def test_what_nobody_of_them_signed_is_not_adopted_and_the_status_says_why(
    remote: Remote, connect: Connect, bot: Key, eve: Key
) -> None:
    remote.write(signed(bot, files(1)))
    registry = connect(allowed_signers=line(bot))
    good, later = signed(bot, files(2)), files(3, version="1.1.0")
    attempts = {
        "lock.json is not signed": later,
        "nobody among the allowed signers": signed(eve, later),
        "over other bytes": {**later, LOCK_SIGNATURE: good[LOCK_SIGNATURE]},
        "the namespace 'git'": signed(bot, later, "git"),
        "damaged": {**later, LOCK_SIGNATURE: good[LOCK_SIGNATURE][:-20]},
    }
    for why, written in attempts.items():
        remote.write(written)
        wait_for(lambda said=why: said in registry.status.reason, why)
        assert registry.status.state == "ERROR"
        assert version_of(registry) == "1.0.0"
    remote.write(signed(bot, later))
    wait_for(lambda: registry.status.state == "READY", "READY")
    assert version_of(registry) == "1.1.0"


def test_a_start_with_nothing_that_is_signed_says_so(remote: Remote, connect: Connect, bot: Key) -> None:
    remote.write(files(1))
    with pytest.raises(promptctl.Unavailable, match=r"lock\.json is not signed"):
        connect(allowed_signers=line(bot))


def test_without_allowed_signers_a_signature_means_nothing(
    remote: Remote, connect: Connect, eve: Key
) -> None:
    remote.write({**files(1), LOCK_SIGNATURE: b"nonsense"})
    assert version_of(connect()) == "1.0.0"


def test_a_key_counts_if_it_was_valid_when_the_commit_was_made(
    remote: Remote, connect: Connect, bot: Key
) -> None:
    remote.write(signed(bot, files(1)))
    assert version_of(connect(allowed_signers=line(bot, 'valid-before="20990101Z"'))) == "1.0.0"
    with pytest.raises(promptctl.Unavailable, match="expired"):
        connect(allowed_signers=line(bot, 'valid-before="20200101Z"'))
    with pytest.raises(promptctl.Unavailable, match="valid only from"):
        connect(allowed_signers=line(bot, 'valid-after="20990101Z"'))


def test_a_commit_of_the_future_is_not_adopted(remote: Remote, connect: Connect, bot: Key) -> None:
    later = f"@{int(time.time()) + 7_200} +0000"
    remote.repository = type(remote.repository)(
        remote.path, {**remote.repository.environ, "GIT_COMMITTER_DATE": later, "GIT_AUTHOR_DATE": later}
    )
    remote.write(signed(bot, files(1)))
    with pytest.raises(promptctl.Unavailable, match="made in the future"):
        connect(allowed_signers=line(bot))


def test_the_disk_cache_and_a_bundled_directory_need_the_signature_too(
    remote: Remote, connect: Connect, bot: Key, eve: Key, tmp_path: Path
) -> None:
    remote.write(signed(bot, files(1)))
    connect(allowed_signers=line(bot), refresh=None)
    remote.path.rename(tmp_path / "gone")
    cached = connect(allowed_signers=line(bot), refresh=None)
    assert (version_of(cached), cached.status.origin) == ("1.0.0", "cache")
    with pytest.raises(promptctl.Unavailable, match=r"cache: lock\.json\.sig: nobody among"):
        connect(allowed_signers=line(eve), refresh=None)
    for name, written in {"good": signed(bot, files(1)), "bad": files(1)}.items():
        for path, content in written.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    options = {"allowed_signers": line(bot), "cache_dir": tmp_path / "empty", "refresh": None}
    assert connect(bundled=tmp_path / "good", **options).status.origin == "bundled"
    with pytest.raises(promptctl.Unavailable, match=r"bundled: lock\.json is not signed"):
        connect(bundled=tmp_path / "bad", **options)


def test_a_machine_without_ssh_keygen_serves_nothing_that_it_cannot_check(
    remote: Remote, connect: Connect, bot: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.write(signed(bot, files(1)))
    (tmp_path / "bin").mkdir()
    git = next(
        Path(each, "git") for each in os.environ["PATH"].split(os.pathsep) if Path(each, "git").exists()
    )
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(promptctl.Unavailable, match="ssh-keygen is not installed"):
        connect(allowed_signers=line(bot))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (b"", "names nobody"),
        (b"# people\n", "names nobody"),
        (b"ada@acme.example\n", "line 1: a key is its type"),
        (b"*@acme.example ssh-ed25519 AAAA\n", "pattern"),
        ("/none", "cannot be read"),
        (7, "the path of a file, or its bytes"),
    ],
)
def test_a_list_that_is_none_is_refused_at_once(connect: Connect, given: object, why: str) -> None:
    with pytest.raises(promptctl.UsageError, match=why):
        connect(allowed_signers=given)


def test_what_has_no_lock_takes_no_signers(remote: Remote, connect: Connect, bot: Key) -> None:
    for options in ({"pins": {NAME: "1.0.0"}}, {"environment": "worktree"}):
        with pytest.raises(promptctl.UsageError, match="the lock of an environment"):
            connect(allowed_signers=line(bot), **options)


def test_a_runtime_that_asks_for_no_signatures_loads_nothing_of_them() -> None:
    code = "import promptctl.sdk.client, promptctl.sdk.git, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert not {"promptctl.sshsig", "promptctl.core.signers", "promptctl.sdk.signed"} & set(
        done.stdout.decode().split()
    )
