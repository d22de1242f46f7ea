"""What the remote sends when it is asked: never all of its refs, but to a push, which always gets them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk_with_remote
from helpers.repositories import Clone

from promptctl.errors import Unavailable
from promptctl.store.repository import Repository

OTHERS = 1_000
"""Tags, and as many branches, that no command of these tests has to do with: not one of them may be sent."""
_ADVERTISED = re.compile(r"packet:\s+(fetch|ls-remote|clone)< ([0-9a-f]{40}) (\S+)")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A clone of a remote with many refs that no command needs."""
    made, remote = make_desk_with_remote(tmp_path_factory.mktemp("template"), FILES)
    head = remote.git("rev-parse", "main")
    for names in ("tags/prompts/other-{}/v1.0.0", "tags/other-{}", "heads/other-{}"):
        lines = [f"{head} refs/{names.format(each)}\n" for each in range(OTHERS)]
        with (remote.path / "packed-refs").open("a") as packed:
            packed.writelines(lines)
    remote.git("pack-refs", "--all")
    made.ok("release", "greeting")
    made.ok("promote", "greeting", "--to", "dev")
    made.clone.commit({"prompts/greeting.md": GREETING.replace("Be {{", "Be kind and {{")})
    made.clone.git("push", "--quiet", "origin", "HEAD:main")
    made.ok("release", "greeting")
    return made


@pytest.fixture
def desk(template: Desk, tmp_path: Path) -> Desk:
    """The same, with a git that writes its packets down."""
    for name in ("registry", "remote.git"):
        shutil.copytree(template.path.with_name(name), tmp_path / name, symlinks=True)
    clone = Clone(tmp_path / "registry", template.clone.environ)
    clone.git("remote", "set-url", "origin", (tmp_path / "remote.git").as_uri())
    return Desk(Clone(clone.path, {**clone.environ, "PATH": f"{tracing_git(tmp_path)}:/usr/bin:/bin"}))


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
    return seen(desk)


def seen(desk: Desk) -> set[str]:
    """Return the refs that the remote sent since the packets were last removed."""
    return {ref for _, _, ref in _ADVERTISED.findall(packets_of(desk).read_text())}


def packets_of(desk: Desk) -> Path:
    return Path(desk.clone.environ["PATH"].split(":")[0]) / "packets"


def others(refs: set[str]) -> set[str]:
    return {ref for ref in refs if "other-" in ref}


def test_a_question_for_all_refs_would_be_seen(desk: Desk) -> None:
    desk.clone.git("ls-remote", "origin")
    assert len(others(seen(desk))) == 3 * OTHERS


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("history", "greeting"),
        ("history", "--env", "dev"),
        ("promote", "greeting@1.1.0", "--to", "dev"),
        ("promote", "greeting", "--to", "prod", "--dry-run"),
        ("promote", "--all", "--to", "dev"),
        ("verify", "--env", "dev"),
        ("release", "greeting"),
        ("release", "greeting", "--bump", "patch"),
        ("release", "--changed"),
        ("hold", "greeting", "--env", "dev", "--reason", "a test"),
        ("hold", "--env", "dev", "--reason", "a test"),
        ("show", "greeting@1.1.0"),
        ("diff", "greeting@1.0.0", "greeting@dev"),
    ],
    ids=" ".join,
)
def test_only_what_is_asked_for_is_sent(desk: Desk, words: tuple[str, ...]) -> None:
    refs = advertised(desk, *words)
    assert refs, "the trace saw the command"
    assert not others(refs)


def test_a_rollback_asks_for_its_environment_alone(desk: Desk) -> None:
    desk.ok("promote", "greeting@1.1.0", "--to", "dev")
    refs = advertised(desk, "rollback", "greeting", "--env", "dev", "--reason", "a test")
    assert refs == {"refs/heads/env/dev"}


def test_the_gate_of_evals_asks_for_the_evidence_alone(desk: Desk) -> None:
    gated = "environments:\n  - name: dev\n  - {name: prod, after: dev, gates: {evals: {}}}\n"
    desk.clone.commit({"promptctl.yaml": gated})
    desk.clone.git("push", "--quiet", "origin", "HEAD:main")
    packets_of(desk).unlink(missing_ok=True)
    assert desk.run("promote", "greeting", "--to", "prod").code == 1
    assert "refs/heads/env/dev" in seen(desk)
    assert not others(seen(desk))


def test_an_approval_asks_for_what_it_approves_alone(desk: Desk) -> None:
    packets_of(desk).unlink(missing_ok=True)
    desk.run("approve", "greeting@1.1.0", "--for", "dev")  # refused where nobody signs: after it has looked
    assert not others(seen(desk))


@pytest.mark.parametrize("kind", ["tag", "branch"])
def test_what_was_changed_against_the_rules_is_named_without_a_question_for_all(
    desk: Desk, kind: str
) -> None:
    remote = desk.clone.git("remote", "get-url", "origin").removeprefix("file://")
    ref, words = {
        "tag": ("refs/tags/prompts/greeting/v1.1.0", ("release", "greeting")),
        "branch": ("refs/heads/env/dev", ("promote", "greeting@1.1.0", "--to", "dev")),
    }[kind]
    Clone(Path(remote), desk.clone.environ).git("update-ref", ref, desk.clone.git("rev-parse", "HEAD"))
    packets_of(desk).unlink(missing_ok=True)
    ran = desk.run(*words)
    assert ran.code == 4
    assert "changed what may not change" in ran.stderr
    assert not others(seen(desk))


@pytest.mark.parametrize("ref", ["refs/heads/env/dev", "refs/tags/prompts/greeting/v9.0.0"])
def test_a_push_that_failed_is_read_back_by_name(desk: Desk, ref: str) -> None:
    """The process that receives dies: what became of the ref is not known until the remote is asked."""
    remote = Path(desk.clone.git("remote", "get-url", "origin").removeprefix("file://"))
    hook = remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(0o755)
    with Repository.discover(desk.path, desk.clone.environ) as repository:
        old = repository.refs.read(ref)
        new = repository.objects.read("HEAD")
        assert new is not None
        packets_of(desk).unlink(missing_ok=True)
        with pytest.raises(Unavailable, match="was not moved"):
            repository.refs.push(ref, new.oid, old)
    assert not others(seen(desk))
