"""Branches below `env/` that are no environments, environments that are damaged, odd tags: nothing hides."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import SMALL, call, local_shop, new_version, ok

HELLO = "prompts/hello"
STRAY = ("refs/heads/env/a/b", "refs/heads/env/Prod", "refs/heads/env/-x")
COMMANDS = [("list",), ("show", "hello"), ("show", "hello@1.0.0"), ("history", "hello"), ("verify",)]
DATASET = (
    '{"id": "a", "vars": {"assertions": [1], "x": {"assertions": 2}}, "assert": [{"type": "is-json"}]}\n'
)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = local_shop(tmp_path, {**SMALL, "datasets/odd.jsonl": DATASET})
    new_version(made, "One.")
    ok(made, "promote", "hello", "--to", "dev")
    return made


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_branch_that_no_environment_can_have_changes_nothing(clone: Clone, words: tuple[str, ...]) -> None:
    before = ok(clone, *words)
    for ref in STRAY:
        clone.git("update-ref", ref, "HEAD")
    assert ok(clone, *words) == before


@pytest.mark.parametrize("words", COMMANDS[:-1], ids=" ".join)
def test_a_damaged_environment_is_named_and_hides_no_other(clone: Clone, words: tuple[str, ...]) -> None:
    before = ok(clone, *words)
    clone.git("branch", "env/copy", "env/dev")
    clone.git("branch", "env/empty", "HEAD")
    blob_at(clone, "blob")
    found = ok(clone, *words)
    assert set(found["damaged"]) == {"blob", "copy", "empty"}
    assert {**found, "damaged": {}} == before
    printed = call(clone, *words)
    assert "env/copy is left out: lock.json of env/copy is not readable" in printed.err
    assert "env/empty is left out: env/empty" in printed.err


def blob_at(clone: Clone, environment: str) -> None:
    """Let a branch be at a file: git moves none there itself."""
    blob = clone.git("hash-object", "-w", "--stdin", stdin=b"x")
    clone.write({f".git/refs/heads/env/{environment}": f"{blob}\n"})


def test_verify_names_a_branch_that_is_at_no_commit(clone: Clone) -> None:
    blob_at(clone, "blob")
    done = call(clone, "verify", "-o", "json")
    assert done.code == 1
    assert [(each["where"], each["code"]) for each in done.json["violations"]] == [("env/blob", "unreadable")]


def test_verify_says_of_a_damaged_environment_what_is_wrong_and_looks_at_the_others(clone: Clone) -> None:
    clone.git("branch", "env/copy", "env/dev")
    done = call(clone, "verify", "-o", "json")
    assert done.code == 1
    assert done.json["summary"] == {
        "environments": ["copy", "dev"],
        "commits": 2,
        "releases": 1,
        "violations": 1,
    }
    assert [each["where"] for each in done.json["violations"]] == ["env/copy"]


def retag(clone: Clone, old: str, new: str) -> None:
    """Put another tag object under the tag of hello 1.0.0."""
    content = clone.git("cat-file", "tag", f"{HELLO}/v1.0.0").replace(old, new).encode() + b"\n"
    made = clone.git("hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=content)
    clone.git("update-ref", f"refs/tags/{HELLO}/v1.0.0", made)


def test_a_tag_that_does_not_say_when_and_by_whom_is_shown_without(clone: Clone) -> None:
    seconds = clone.git("tag", "--list", "--format=%(taggerdate:unix)", f"{HELLO}/v1.0.0")
    retag(clone, f"> {seconds} ", "> 99999999999999 ")
    (release,) = ok(clone, "history", "hello")["releases"]
    assert (release["by"], release["at"]) == (None, None)
    shown = ok(clone, "show", "hello@1.0.0")["release"]
    assert (shown["by"], shown["at"]) == (None, None)
    assert "1.0.0  ?  ?\n" in call(clone, "history", "hello").out
    assert "released ? by ? (unverified)\n" in call(clone, "show", "hello@1.0.0").out


def test_history_and_show_say_the_same_of_a_signed_tag(clone: Clone) -> None:
    notes = "first\n\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    signature = "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----"
    digest = ok(clone, "show", "hello@1.0.0")["digest"]
    retag(clone, f"Digest: {digest}", f"{notes}\n\nDigest: {digest}\n{signature}")
    (release,) = ok(clone, "history", "hello")["releases"]
    shown = ok(clone, "show", "hello@1.0.0")["release"]
    assert release["notes"] == shown["notes"] == notes
    assert release["by"] == shown["by"] == "ada@acme.example"
    assert release["at"] == shown["at"]


def test_only_the_keys_of_the_format_are_shown_under_the_name_of_the_file(clone: Clone) -> None:
    (case,) = ok(clone, "show", "datasets/odd")["body"]["cases"]
    assert case["assert"] == [{"type": "is-json"}]
    assert case["vars"] == {"assertions": [1], "x": {"assertions": 2}}


def test_what_is_wrong_with_a_whole_file_is_said_without_a_line(clone: Clone) -> None:
    clone.write({"prompts/hello.md": b"\xff\xfe"})
    assert ":0" not in call(clone, "show", "hello").err
