"""Addresses and refs: what they are, and what is none."""

from __future__ import annotations

import pytest

from promptctl.core.names import Ref, full_address, name_problem, parse_tag, short_name, tag_of, tags_of
from promptctl.core.versions import Version
from promptctl.errors import UsageError


@pytest.mark.parametrize(
    "name",
    ["", "A", "a//b", "a/../b", "a.lock", "a.", "v1", "x/v1.2", "con", "aux.md", "-a", "a b", "ä", "a" * 101],
)
def test_a_name_that_git_or_a_disk_would_trip_over_is_refused(name: str) -> None:
    assert name_problem(name)


@pytest.mark.parametrize("name", ["a", "support-answer", "judges/support", "v", "version", "2fa", "a.b_c"])
def test_ordinary_names_are_names(name: str) -> None:
    assert name_problem(name) is None


def test_a_bare_name_means_a_prompt() -> None:
    assert full_address("judges/support") == "prompts/judges/support"
    assert full_address("rag_configs/kb") == "rag_configs/kb"
    assert short_name("prompts/judges/support") == "judges/support"


def test_a_tag_is_written_and_read_back() -> None:
    ref = tag_of("prompts/a/b", Version(1, 2, 0))
    assert ref == "refs/tags/prompts/a/b/v1.2.0"
    assert parse_tag(ref) == ("prompts/a/b", Version(1, 2, 0))
    assert ref.startswith(tags_of("prompts/a/b").rstrip("*"))


@pytest.mark.parametrize(
    "ref", ["refs/tags/v1.0.0", "refs/tags/prompts/a/v1.0", "refs/tags/prompts/a/v01.0.0", "refs/heads/main"]
)
def test_other_refs_are_no_release_tags(ref: str) -> None:
    assert parse_tag(ref) is None


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("a", Ref("prompts/a")),
        ("a@1.2.0", Ref("prompts/a", version=Version(1, 2, 0))),
        ("a@prod", Ref("prompts/a", environment="prod")),
        ("a@git:HEAD~1", Ref("prompts/a", revision="HEAD~1")),
        ("@prod", Ref("", environment="prod")),
    ],
)
def test_a_ref_names_a_place(text: str, ref: Ref) -> None:
    assert Ref.parse(text) == ref


@pytest.mark.parametrize("text", ["", "@", "a@", "a@1.2", "@1.2.0", "a@git:", "a@Prod"])
def test_what_names_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Ref.parse(text)
