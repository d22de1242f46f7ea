"""The golden bytes of releases and environments, and tags that are no releases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import golden
from helpers.repositories import Clone, hermetic_environ, make_repository

from promptctl.core.lock import Pin
from promptctl.core.versions import FIRST, Version
from promptctl.errors import IntegrityError, UsageError
from promptctl.gitcmd import Git
from promptctl.store import releases
from promptctl.store.objects import Objects

REF = f"refs/tags/{golden.ADDRESS}/v1.0.0"


@pytest.fixture
def repository(tmp_path: Path) -> Clone:
    return make_repository(tmp_path / "repository", hermetic_environ(tmp_path / "home"))


@pytest.fixture
def objects(repository: Clone) -> Iterator[Objects]:
    with Objects(Git(repository.path, environ=repository.environ)) as opened:
        yield opened


def test_every_byte_that_is_written_is_the_golden_one(objects: Objects) -> None:
    found = golden.frozen(objects)
    assert set(found) == {path.name for path in golden.GOLDEN.iterdir() if path.is_file()}
    for name, content in found.items():
        assert content == (golden.GOLDEN / name).read_bytes(), name


def test_plain_git_stores_and_accepts_what_was_staged(repository: Clone, objects: Objects) -> None:
    made = golden.release(objects)
    objects.flush()
    assert repository.git("cat-file", "-t", made["tag"]) == "tag"
    assert repository.git("cat-file", "-t", made["commit"]) == "commit"
    modes = {line.split()[0] for line in repository.git("ls-tree", "-r", made["tree"]).splitlines()}
    assert modes == {"100644"}


def test_a_release_is_read_back_from_its_tag(objects: Objects) -> None:
    made = golden.release(objects)
    objects.flush()
    release = releases.read(objects, REF, made["tag"])
    assert (release.address, release.version, release.digest) == (
        golden.ADDRESS,
        FIRST,
        golden.bundle().digest,
    )
    assert (release.commit, release.tree, release.tag_object) == (made["commit"], made["tree"], made["tag"])
    assert release.source_commit == golden.SOURCE_COMMIT
    assert releases.read_checked(objects, release).root == golden.ADDRESS


def test_a_tag_under_another_name_is_no_release(objects: Objects) -> None:
    made = golden.release(objects)
    for ref in (REF.replace("v1.0.0", "v1.0.1"), REF.replace("answer", "other"), "refs/tags/v1.0.0"):
        with pytest.raises(IntegrityError):
            releases.read(objects, ref, made["tag"])


@pytest.mark.parametrize("old", [b"Digest: sha256:", b"object ", b"\ntag "])
def test_a_tag_without_one_of_its_lines_is_no_release(objects: Objects, old: bytes) -> None:
    stored = objects.read(golden.release(objects)["tag"])
    assert stored is not None
    with pytest.raises(IntegrityError):
        releases.read(objects, REF, objects.write_tag(stored.data.replace(old, b"\nx: ")))


def test_the_bundle_of_another_artifact_is_refused(objects: Objects) -> None:
    release = releases.read(objects, REF, golden.release(objects)["tag"])
    objects.flush()
    other = release._replace(address="prompts/other")
    with pytest.raises(IntegrityError, match="holds the bundle of prompts/answer"):
        releases.read_checked(objects, other)


def test_a_pin_names_its_bundle_or_is_refused(objects: Objects) -> None:
    made, digest = golden.release(objects), golden.bundle().digest
    objects.flush()
    pin = Pin("1.0.0", digest, REF, made["tag"], made["commit"], made["tree"], golden.AT, golden.ADA.email)
    assert releases.read_pinned(objects, golden.ADDRESS, pin).digest == digest
    with pytest.raises(IntegrityError, match="pinned to the bundle of prompts/answer"):
        releases.read_pinned(objects, "prompts/other", pin)
    with pytest.raises(IntegrityError, match="has no bundle"):
        releases.read_pinned(objects, golden.ADDRESS, replace(pin, tree="0" * 40))
    with pytest.raises(IntegrityError, match="digest"):
        releases.read_pinned(objects, golden.ADDRESS, replace(pin, digest="sha256:00"))


def test_a_tag_says_who_when_and_what_people_should_know(objects: Objects) -> None:
    tag = releases.read_tag(objects, REF, golden.release(objects)["tag"])
    assert (tag.by, tag.at, tag.notes) == (golden.ADA.email, golden.NOW, "First.")


def test_the_highest_version_below_is_by_number_not_by_text() -> None:
    known = {Version(1, 9, 0): "", Version(1, 10, 0): "", Version(2, 0, 0): ""}
    assert releases.newest_below(known, Version(2, 0, 0)) == Version(1, 10, 0)
    assert releases.newest_below(known, Version(1, 9, 0)) is None


def test_a_version_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(UsageError) as caught:
        releases.find({Version(1, 9, 0): "", Version(1, 10, 0): ""}, "prompts/x", Version(3, 0, 0))
    assert caught.value.hint == "newest releases: 1.10.0, 1.9.0"


def test_release_json_says_nothing_of_who_when_or_which_tool() -> None:
    said = json.loads((golden.GOLDEN / "release.json").read_bytes())
    assert sorted(said) == ["about", "digest", "files", "name", "schema", "source_commit"]
