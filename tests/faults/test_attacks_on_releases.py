"""What somebody who may push does to tags and releases, by name; who refuses it with which words (R10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from helpers.attacks import HELLO, World, make_world
from helpers.refusers import Attack, check_attack, copied
from helpers.soak import some

TAG = f"refs/tags/{HELLO}/v"


def tag_of(world: World, version: str, kind: str) -> str:
    """Return a tag object of a version that names another object."""
    content = world.remote.git("cat-file", "tag", TAG + version)
    target = {
        "tag": world.at(TAG + version),
        "blob": world.object("blob", b"x"),
        "tree": world.at(f"{TAG}{version}^{{tree}}"),
    }[kind]
    old = world.at(f"{TAG}{version}^{{commit}}")
    content = content.replace(f"object {old}\ntype commit", f"object {target}\ntype {kind}")
    return world.object("tag", content.encode() + b"\n")


ATTACKS: Mapping[str, Attack] = {
    # --- tags
    "a moved tag": (
        lambda w: w.tag("1.1.0", lambda tag: tag.replace(b"\n\nDigest", b"\n\nnotes\n\nDigest")),
        {"verify": "tag-moved", "verify again": "tag-moved", "promote": "may not change"},
    ),
    "a tag of another commit": (
        lambda w: w.tag(
            "1.1.0",
            lambda tag: tag.replace(w.at(f"{TAG}1.1.0^{{}}").encode(), w.at(f"{TAG}1.0.0^{{}}").encode()),
        ),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "one digest"},
    ),
    "a deleted tag": (
        lambda w: w.set(f"{TAG}1.1.0", ""),
        {
            "verify": "is gone",
            "verify again": "is gone",
            "promote": "no release",
            "promote to prod": "no release",
        },
    ),
    "a tag swapped with another version's": (
        lambda w: w.set(f"{TAG}1.1.0", w.at(f"{TAG}1.0.0")),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "under another name"},
    ),
    "a lightweight tag": (
        lambda w: w.set(f"{TAG}1.1.0", w.at(f"{TAG}1.1.0^{{}}")),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "not the annotated tag"},
    ),
    "a new lightweight tag": (
        lambda w: w.set(f"{TAG}1.2.0", w.at(f"{TAG}1.2.0^{{}}")),
        {"verify": "not the annotated tag", "pinned": "no annotated tag"},
    ),
    "a tag of a tag": (
        lambda w: w.set(f"{TAG}1.1.0", tag_of(w, "1.1.0", "tag")),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "no commit"},
    ),
    "a tag on a file": (
        lambda w: w.set(f"{TAG}1.1.0", tag_of(w, "1.1.0", "blob")),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "no commit"},
    ),
    "a tag on a tree": (
        lambda w: w.set(f"{TAG}1.1.0", tag_of(w, "1.1.0", "tree")),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "no commit"},
    ),
    "a tag that is a file": (
        lambda w: w.set(f"{TAG}1.1.0", w.object("blob", b"x")),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "not the annotated tag"},
    ),
    "a tag with a second digest": (
        lambda w: w.tag("1.1.0", lambda tag: tag + b"Digest: sha256:" + b"0" * 64 + b"\n"),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "one digest"},
    ),
    "a new tag with a second digest in front": (
        lambda w: w.tag(
            "1.2.0", lambda tag: tag.replace(b"Digest:", b"Digest: sha256:" + b"0" * 64 + b"\nDigest:")
        ),
        {"verify again": "tag-moved"},
    ),
    "a tag without a digest": (
        lambda w: w.tag("1.1.0", lambda tag: tag.replace(b"Digest: ", b"Digest ")),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "one digest"},
    ),
    "a tag of another digest": (
        lambda w: w.tag("1.1.0", lambda tag: re.sub(rb"sha256:\w+", b"sha256:" + b"0" * 64, tag)),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "one digest"},
    ),
    "the tag of another version under a new name": (
        lambda w: w.set(f"{TAG}1.2.0", w.at(f"{TAG}1.0.0")),
        {"verify": "under another name", "verify again": "tag-moved", "pinned": "under another name"},
    ),
    # --- releases
    "a version with the content of another": (
        lambda w: w.release("1.1.0", lambda _: None, of="1.2.0"),
        {"verify": "tag-moved", "promote": "may not change", "promote to prod": "moved: env/staging has"},
    ),
    "a release with an edited bundle": (
        lambda w: w.release("1.2.0", w.put("bundle.json", b"{}"), of="1.1.0"),
        {"verify": "bundle-edited", "pinned": "sha256"},
    ),
    "a release with the bundle of another prompt": (
        lambda w: w.release(
            "1.2.0", w.put("bundle.json", w.show("refs/tags/prompts/bye/v1.0.0:bundle.json")[:-1])
        ),
        {"verify": "bundle-edited", "pinned": "release.json"},
    ),
    "a release without its bundle": (
        lambda w: w.release("1.2.0", lambda files: files.__delitem__("bundle.json")),
        {"verify": "bundle-edited", "pinned": "is missing"},
    ),
    "a release with an edited source file": (
        lambda w: w.release("1.2.0", w.put("prompts/hello.md", b"x")),
        {"verify": "is not what release.json says"},
    ),
    "a release with a file more": (
        lambda w: w.release("1.2.0", w.put("prompts/more.md", b"x")),
        {"verify": "is not what release.json says"},
    ),
    "a release whose release.json names another source": (
        lambda w: w.release(
            "1.2.0",
            w.put(
                "release.json",
                re.sub(
                    rb'"source_commit": "\w+"',
                    b'"source_commit": "' + b"0" * 40 + b'"',
                    w.show(f"{TAG}1.1.0:release.json"),
                ),
            ),
        ),
        {"verify": "another source_commit"},
    ),
    "a release whose release.json is none": (
        lambda w: w.release("1.2.0", w.put("release.json", b"[")),
        {"verify": "1.2.0", "pinned": "not readable"},
    ),
    "an executable file in a release": (
        lambda w: w.release(
            "1.2.0", lambda files: files.update({"bundle.json": ("100755", files["bundle.json"][1])})
        ),
        {"verify": "has the mode 100755"},
    ),
    "a link in a release": (
        lambda w: w.release(
            "1.2.0", lambda files: files.update({"bundle.json": ("120000", files["bundle.json"][1])})
        ),
        {"verify": "has the mode 120000"},
    ),
    "a submodule in a release": (
        lambda w: w.release(
            "1.2.0", lambda files: files.update({"prompts/x": ("160000", w.at("refs/heads/main"))})
        ),
        {"verify": "1.2.0"},
    ),
    "a commit and a tag of two digests": (
        lambda w: w.release(
            "1.2.0",
            lambda _: None,
            said=lambda text: (
                re.sub(rb"sha256:\w+", b"sha256:" + b"1" * 64, text) if text.startswith(b"tree") else text
            ),
        ),
        {
            "verify": "one digest",
        },
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize("name", some(ATTACKS))
def test_an_attack_is_refused_by_all_whom_it_meets(
    name: str, sound: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_attack(copied(sound, tmp_path, monkeypatch), ATTACKS[name])


def test_the_attacks_are_counted(reached: Callable[[str], None]) -> None:
    tried = some(ATTACKS)
    refusals = sum(len(ATTACKS[name][1]) for name in tried)
    assert len(ATTACKS) >= 25
    what = f"{len(tried)} attacks on tags and releases, {refusals} refusals"
    reached(f"R10: {what} by verify, promote, rollback and the SDK")
