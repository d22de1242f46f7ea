"""What the remote sends when it is asked: never all of its refs, but to a push, which always gets them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk_with_remote
from helpers.repositories import Clone

OTHERS = 300
_ADVERTISED = re.compile(r"packet:\s+(fetch|ls-remote|clone)< ([0-9a-f]{40}) (\S+)")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A clone whose git writes its packets down, of a remote with many tags that no command needs."""
    made, remote = make_desk_with_remote(tmp_path, FILES)
    head = remote.git("rev-parse", "main")
    lines = [f"create refs/tags/prompts/other-{each}/v1.0.0 {head}\n" for each in range(OTHERS)]
    remote.git("update-ref", "--stdin", stdin="".join(lines).encode())
    made.ok("release", "greeting")
    made.ok("promote", "greeting", "--to", "dev")
    made.clone.commit({"prompts/greeting.md": GREETING.replace("Be {{", "Be kind and {{")})
    made.clone.git("push", "--quiet", "origin", "HEAD:main")
    made.ok("release", "greeting")
    return Desk(Clone(made.path, {**made.clone.environ, "PATH": f"{tracing_git(tmp_path)}:/usr/bin:/bin"}))


def tracing_git(directory: Path) -> Path:
    """Return a folder with a `git` that writes its packets to a file beside it."""
    folder = directory / "bin"
    folder.mkdir()
    script = folder / "git"
    script.write_text(f'#!/bin/sh\nGIT_TRACE_PACKET="{folder}/packets" exec {shutil.which("git")} "$@"\n')
    script.chmod(0o755)
    return folder


def advertised(desk: Desk, *words: str) -> set[str]:
    """Run a command that succeeds; return the refs that the remote sent to anything but a push."""
    packets_of(desk).unlink(missing_ok=True)
    desk.ok(*words)
    return {ref for _, _, ref in _ADVERTISED.findall(packets_of(desk).read_text())}


def packets_of(desk: Desk) -> Path:
    return Path(desk.clone.environ["PATH"].split(":")[0]) / "packets"


def test_a_question_for_all_refs_would_be_seen(desk: Desk) -> None:
    desk.clone.git("ls-remote", "origin")
    seen = {ref for _, _, ref in _ADVERTISED.findall(packets_of(desk).read_text())}
    assert sum("other-" in ref for ref in seen) == OTHERS


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("history", "greeting"),
        ("promote", "greeting@1.1.0", "--to", "dev"),
        ("promote", "greeting", "--to", "prod", "--dry-run"),
        ("verify", "--env", "dev"),
        ("release", "greeting"),
        ("hold", "greeting", "--env", "dev", "--reason", "a test"),
    ],
    ids=" ".join,
)
def test_only_what_is_asked_for_is_sent(desk: Desk, words: tuple[str, ...]) -> None:
    refs = advertised(desk, *words)
    assert "refs/heads/env/dev" in refs or words[0] == "release"
    assert not {ref for ref in refs if "other-" in ref}


def test_a_rollback_asks_for_its_environment_alone(desk: Desk) -> None:
    desk.ok("promote", "greeting@1.1.0", "--to", "dev")
    refs = advertised(desk, "rollback", "greeting", "--env", "dev", "--reason", "a test")
    assert refs == {"refs/heads/env/dev"}
