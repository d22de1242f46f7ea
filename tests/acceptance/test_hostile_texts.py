"""What others wrote is printed by many commands: no escape, no hidden character, no runner's command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import HELLO, SMALL, call, ok, publish, refused, shop

EVIL = (
    "\x1b[31mred\x1b]0;title\x07 \x9b2J\x7f\u202ebidi\u2066 \n::error file=x::pwned\r\n"
    "  ::stop-commands::x\r##[error]y ##vso[task.setvariable]z"
)
_RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COMMAND = re.compile(r"^\s*::|##(vso)?\[", re.MULTILINE | re.IGNORECASE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A registry in which everything that is free text is hostile, whoever wrote it."""
    made = shop(tmp_path_factory.mktemp("hostile"), SMALL)
    name = EVIL.replace("\n", " ").replace("\r", " ")
    made.git("config", "--global", "user.name", f"Eve {name}")
    made.git("config", "--global", "user.email", "::error::\u202eeve##[error]@acme.example")
    text = json.dumps(EVIL)
    front = f"---\ndescription: {text}\nmetadata: {{owner: {text}}}\ninputs"
    publish(made, {"prompts/hello.md": HELLO.replace("---\ninputs", front)}, EVIL)
    ok(made, "release", "hello", "--notes", EVIL)
    ok(made, "promote", "hello", "--to", "dev")
    publish(made, {"prompts/hello.md": HELLO.replace("Greet", "::error::pwned\n##[error]y\nGreet")}, EVIL)
    ok(made, "release", "hello", "--notes", EVIL)
    ok(made, "promote", "hello", "--to", "dev")
    ok(made, "promote", "hello", "--to", "staging")
    ok(made, "hold", "hello", "--env", "staging", "--reason", EVIL)
    ok(made, "rollback", "hello", "--env", "dev", "--reason", EVIL)
    _stray_refs(made)
    return made


def _stray_refs(made: Clone) -> None:
    """Branches and tags whose names git allows and nobody should see raw, and evidence of such file names."""
    blob = made.git("hash-object", "-w", "--stdin", stdin=EVIL.encode())
    tree = made.git("mktree", "-z", stdin=f"100644 blob {blob}\t{EVIL.replace('/', '')}\0".encode())
    commit = made.git("commit-tree", tree, "-m", EVIL)
    refs = (
        "heads/env/\u202eprod",
        "heads/env/-x",
        "heads/evidence",
        "heads/-x",
        "tags/prompts/hello/v\u202e1",
    )
    made.git("push", "--quiet", "origin", *(f"{commit}:refs/{each}" for each in refs))
    made.git("push", "--quiet", "origin", f"{commit}:refs/tags/prompts/hello/v9.0.0")


COMMANDS = [
    ("list",),
    ("show", "hello"),
    ("show", "hello@1.0.0"),
    ("show", "hello@dev"),
    ("render", "hello@1.1.0", "--var", "name=Ada"),
    ("status",),
    ("status", "hello"),
    ("history", "hello"),
    ("history", "--env", "dev"),
    ("blame", "--env", "dev", "--at", "2099-01-01T00:00:00Z"),
    ("verify", "--all"),
    ("diff", "hello@1.0.0", "hello@1.1.0"),
    ("diff", "hello@1.1.0", "hello"),
    ("diff", "@dev", "@staging"),
    ("release", "hello"),
    ("release", "hello", "--bump", "patch", "--dry-run", "--notes", EVIL),
    ("promote", "hello@1.1.0", "--to", "staging", "--dry-run"),
    ("promote", "hello@1.1.0", "--to", "dev"),
    ("promote", "hello@9.0.0", "--to", "dev"),
    ("promote", f"hello@{EVIL}", "--to", EVIL),
    ("rollback", "hello", "--env", "dev", "--reason", EVIL),
    ("rollback", "hello", "--env", "staging", "--to", EVIL, "--reason", EVIL),
    ("unhold", "hello", "--env", "prod", "--reason", EVIL),
    ("approve", "hello@1.1.0", "--for", "staging", "--reason", EVIL),
    ("validate",),
]


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words)[:40].encode("ascii", "ignore"))
def test_nothing_is_printed_raw(ada: Clone, words: tuple[str, ...], output: str) -> None:
    done = call(ada, *words, "-o", output)
    assert done.code in {0, 1, 2, 4}, done.err
    for stream in (done.out, done.err):
        assert not _RAW.findall(stream), stream
        assert not _COMMAND.findall(stream), stream
    if output == "json":
        json.loads(done.out)


@pytest.mark.parametrize("words", [("validate", "--format", "github"), ("validate", "--format", "sarif")])
def test_what_runners_read_has_only_our_own_commands(
    ada: Clone, tmp_path: Path, words: tuple[str, ...]
) -> None:
    copy = tmp_path / "copy"
    ada.git("clone", "--quiet", ada.git("remote", "get-url", "origin"), str(copy))
    clone = Clone(copy, ada.environ)
    clone.write(
        {"prompts/bad.md": f"---\ndescription: {json.dumps(EVIL)}\n{json.dumps(EVIL)}: 1\n---\n{{{{ x }}}}\n"}
    )
    done = call(clone, *words)
    assert not _RAW.findall(done.out)
    commands = [line for line in done.out.splitlines() if line.lstrip().startswith("::")]
    assert all(line.startswith(("::error file=prompts/", "::warning file=prompts/")) for line in commands)
    assert "##[" not in done.out


@pytest.mark.parametrize("email", ["eve\x1b[31m@acme.example", "eve\n@acme.example", "\x9beve@acme.example"])
def test_an_address_that_no_lock_could_hold_is_refused_before_it_is_written(ada: Clone, email: str) -> None:
    clone = Clone(ada.path, {**ada.environ, "GIT_COMMITTER_EMAIL": email})
    error = refused(clone, 4, "promote", "hello@1.1.0", "--to", "prod")
    assert "user.email holds control characters" in error["message"]


def test_the_texts_of_this_file_would_be_seen() -> None:
    assert _RAW.search(EVIL)
    assert len(_COMMAND.findall(EVIL)) == 4
