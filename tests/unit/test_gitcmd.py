from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from helpers.repositories import hermetic_environ, make_repository

from promptctl.errors import RefusedError, Unavailable
from promptctl.gitcmd import Git, cleaned


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


def fake_git(folder: Path, script: str) -> dict[str, str]:
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_what_git_prints_is_returned_as_bytes(tmp_path: Path, environ: dict[str, str]) -> None:
    git = Git(make_repository(tmp_path / "r", environ).path, environ=environ)
    oid = git.run("hash-object", "-w", "--stdin", stdin=b"a\x00b").strip().decode()
    assert git.run("cat-file", "blob", oid) == b"a\x00b"


def test_a_failure_is_a_refusal_with_gits_words(tmp_path: Path, environ: dict[str, str]) -> None:
    git = Git(make_repository(tmp_path / "r", environ).path, environ=environ)
    with pytest.raises(RefusedError, match="Not a valid object name"):
        git.run("cat-file", "blob", "nothing")
    assert git.run("cat-file", "blob", "nothing", check=False) == b""


def test_missing_git_is_unavailable_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not installed") as caught:
        Git(tmp_path, environ={"PATH": str(tmp_path)}).run("version")
    assert "2.30" in caught.value.hint


def test_a_missing_directory_is_not_taken_for_missing_git(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(Unavailable, match="is not a directory"):
        Git(tmp_path / "none", environ=environ).run("version")


def test_a_git_too_old_for_our_words_is_named_with_its_version(tmp_path: Path) -> None:
    environ = fake_git(
        tmp_path / "bin",
        'for w; do [ "$w" = version ] && { echo git version 2.25.1; exit 0; }; done; exit 129',
    )
    with pytest.raises(Unavailable, match=r"git 2\.25\.1 is too old"):
        Git(tmp_path, environ=environ).run("fetch")


@pytest.mark.parametrize("url", ["no-such-folder", "http://127.0.0.1:9/none.git"])
def test_a_remote_that_is_not_there_is_unavailable(tmp_path: Path, environ: dict[str, str], url: str) -> None:
    git = Git(make_repository(tmp_path / "r", environ).path, environ=environ)
    with pytest.raises(Unavailable, match="cannot be reached"):
        git.run("fetch", "--no-tags", "--end-of-options", url, "HEAD")


@pytest.mark.parametrize("url", ["ext::sh -c 'touch ran'", "git://127.0.0.1:9/x", "ftp://127.0.0.1:9/x"])
def test_other_transports_are_not_started(tmp_path: Path, environ: dict[str, str], url: str) -> None:
    git = Git(make_repository(tmp_path / "r", environ).path, environ=environ)
    with pytest.raises(RefusedError, match="not allowed"):
        git.run("fetch", "--end-of-options", url, "HEAD")
    assert not (tmp_path / "r" / "ran").exists()


def test_a_command_that_hangs_is_ended_with_everything_it_started(tmp_path: Path) -> None:
    environ = fake_git(tmp_path / "bin", "sleep 60 & echo $! > pid; wait")
    started = time.monotonic()
    with pytest.raises(Unavailable, match="did not finish"):
        Git(tmp_path, environ=environ).run("fetch", timeout_s=0.5)
    assert time.monotonic() - started < 30
    pid = int((tmp_path / "pid").read_text())
    assert _ends(pid)


def _ends(pid: int) -> bool:
    for _ in range(100):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_variables_that_redirect_git_are_not_passed_on(tmp_path: Path, environ: dict[str, str]) -> None:
    ours = make_repository(tmp_path / "ours", environ)
    other = make_repository(tmp_path / "other", environ)
    redirecting = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git/objects"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "alias.x",
        "GIT_CONFIG_VALUE_0": "!echo aliased",
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_EXTERNAL_DIFF": "false",
    }
    git = Git(ours.path, environ=environ | redirecting)
    assert git.run("rev-parse", "--absolute-git-dir").decode().strip() == str(ours.path / ".git")
    assert git.call("x").returncode
    assert not (tmp_path / "trace").exists()


def test_what_a_user_configured_for_himself_is_kept(tmp_path: Path, environ: dict[str, str]) -> None:
    Path(environ["GIT_CONFIG_GLOBAL"]).write_text(
        '[url "http://mirror.example/"]\n\tinsteadOf = https://acme.example/\n'
    )
    git = Git(make_repository(tmp_path / "r", environ).path, environ=environ)
    url = git.run("ls-remote", "--get-url", "--end-of-options", "https://acme.example/r.git")
    assert url == b"http://mirror.example/r.git\n"


def test_no_hook_runs_when_a_ref_is_moved(tmp_path: Path, environ: dict[str, str]) -> None:
    repository = make_repository(tmp_path / "r", environ)
    hook = repository.path / ".git/hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    commit = repository.commit({"a": "1"})
    assert (tmp_path / "ran").exists(), "the hook works with plain git"
    (tmp_path / "ran").unlink()
    Git(repository.path, environ=environ).run("update-ref", "refs/heads/other", commit)
    assert not (tmp_path / "ran").exists()


def test_words_of_a_server_are_cleaned() -> None:
    words = (
        b"\x1b[31mremote: no\x1b[0m\x1b]0;title\x07\r\n\n"
        b"fatal: https://ada:secret@acme.example/x\x00\x08\xff \xe2\x80\xaeevil\x9b2J"
    )
    assert cleaned(words) == "remote: no\nfatal: https://acme.example/x\ufffd evil\ufffd2J"


def test_long_words_of_a_server_are_cut() -> None:
    assert len(cleaned(b"x" * 100_000)) == 2_000
