"""Tags under a prompt's name that are no releases: anybody who may push can make them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import another, call, greeting, ok, publish, refused, serving, shared, shop

HELLO = "prompts/hello"
REF = f"refs/tags/{HELLO}/v"


def annotated(ada: Clone, target: str, message: str = "x") -> Callable[[str], str]:
    """Return what makes an annotated tag of something."""

    def make(ref: str) -> str:
        kind = ada.git("cat-file", "-t", target)
        name = ref.removeprefix("refs/tags/")
        who = "tagger Eve <eve@acme.example> 1700000000 +0000"
        text = f"object {ada.git('rev-parse', target)}\ntype {kind}\ntag {name}\n{who}\n\n{message}\n"
        return ada.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=text.encode())

    return make


def strays(ada: Clone) -> dict[str, Callable[[str], str]]:
    """Return by a sentence what makes the object of a tag that is no release."""
    first = f"{REF}1.0.0"
    digest = ada.git("cat-file", "tag", first).rpartition("Digest: ")[2].strip()
    big = ada.git("hash-object", "-w", "--stdin", stdin=b"x" * 9_000_000)
    return {
        "a lightweight tag of a commit": lambda _: ada.git("rev-parse", "HEAD"),
        "a lightweight tag of a tree": lambda _: ada.git("rev-parse", "HEAD^{tree}"),
        "a lightweight tag of a large file": lambda _: big,
        "the tag of another version": lambda _: ada.git("rev-parse", first),
        "a tag of a file": annotated(ada, "HEAD:prompts/hello.md"),
        "a tag of a tag": annotated(ada, first, f"Digest: {digest}"),
        "a tag without a digest": annotated(ada, "HEAD"),
        "a tag with a digest that its commit does not name": annotated(ada, "HEAD", f"Digest: {digest}"),
        "a new tag of an old release": annotated(ada, f"{first}^{{}}", f"x\n\nDigest: {digest}"),
    }


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    made = shop(tmp_path)
    ok(made, "release", "hello")
    return made


def plant(ada: Clone) -> list[str]:
    """Put every kind of stray tag on the remote; return their names."""
    made = {f"{REF}9.0.{at}": make for at, make in enumerate(strays(ada).values())}
    ada.git("push", "--quiet", "origin", *(f"{make(ref)}:{ref}" for ref, make in made.items()))
    return [ref.removeprefix("refs/tags/") for ref in made]


def test_they_are_named_and_stand_in_the_way_of_nothing(ada: Clone) -> None:
    planted = plant(ada)
    publish(ada, greeting("Greet warmly."))
    for words in (
        ("release", "hello"),
        ("promote", "hello", "--to", "dev"),
        ("history", "hello"),
        ("show", "hello"),
        ("show", "hello@1.0.0"),
        ("list",),
    ):
        done = call(ada, *words, "-o", "json")
        assert done.code == 0, f"{words}: {done.err}"
        named = [name for name in planted if f"warning: the tag {name} is left out: it " in done.err]
        assert named == planted, words
        assert "9.0." not in done.out
    assert shared(ada, f"{REF}1.1.0")
    assert serving(ada, "dev") == {HELLO: "1.1.0"}


def test_verify_reports_each(ada: Clone) -> None:
    planted = plant(ada)
    ok(ada, "promote", "hello", "--to", "dev")
    done = call(ada, "verify", "--all", "-o", "json")
    assert done.code == 1
    assert {each["where"] for each in done.json["violations"]} == set(planted)


def test_the_one_that_is_meant_is_refused_with_the_reason(ada: Clone) -> None:
    plant(ada)
    for words in (("promote", "hello@9.0.6", "--to", "dev"), ("show", "hello@9.0.6")):
        error = refused(ada, 4, *words)
        assert (error["code"], "v9.0.6 and its commit do not name one digest" in error["message"]) == (
            "integrity",
            True,
        )


def test_a_release_of_its_version_says_what_stands_there_and_how_to_get_on(ada: Clone) -> None:
    head = ada.git("rev-parse", "HEAD")
    ada.git("push", "--quiet", "origin", f"{head}:{REF}1.1.0")
    publish(ada, greeting("Greet warmly."))
    error = refused(ada, 4, "release", "hello")
    assert f"{REF}1.1.0 is not the annotated tag of a release" in error["message"]
    assert f"git push origin :{REF}1.1.0" in error["hint"]
    ada.git("push", "--quiet", "origin", f":{REF}1.1.0")
    assert ok(ada, "release", "hello")["releases"][0]["version"] == "1.1.0"


def test_a_release_that_holds_other_bytes_than_it_says_is_no_version_to_go_on_from(ada: Clone) -> None:
    first, digest = ada.git("rev-parse", f"{REF}1.0.0^{{}}"), "sha256:" + "0" * 64
    body = ada.git("cat-file", "commit", first).replace("v1.0.0", "v9.0.0").rpartition("Digest: ")[0]
    commit = ada.git(
        "hash-object", "-t", "commit", "-w", "--stdin", stdin=f"{body}Digest: {digest}\n".encode()
    )
    tag = annotated(ada, commit, f"x\n\nDigest: {digest}")(f"{REF}9.0.0")
    ada.git("push", "--quiet", "origin", f"{tag}:{REF}9.0.0")
    publish(ada, greeting("Greet warmly."))
    done = call(ada, "release", "hello", "-o", "json")
    assert done.json["releases"][0]["version"] == "1.1.0"
    assert "warning: the tag prompts/hello/v9.0.0 is left out: it holds no release" in done.err


def test_one_that_was_moved_on_the_remote_is_taken_as_it_is_now(ada: Clone) -> None:
    bob = another(ada, "bob")
    for commit in ("HEAD", publish(ada, greeting("Greet warmly."))):
        ada.git("push", "--quiet", "--force", "origin", f"{commit}:{REF}9.0.0")
        assert call(bob, "promote", "hello", "--to", "dev").code == 0
    assert bob.git("rev-parse", f"{REF}9.0.0") == commit


def test_one_of_this_clone_alone_gives_way_to_the_release_of_its_name(ada: Clone) -> None:
    bob = another(ada, "bob")
    bob.git("tag", f"{HELLO}/v1.1.0", "HEAD")
    publish(ada, greeting("Greet warmly."))
    bob.git("pull", "--quiet")
    (released,) = ok(bob, "release", "hello")["releases"]
    assert (released["outcome"], released["version"]) == ("released", "1.1.0")
    assert bob.git("rev-parse", f"{REF}1.1.0") == released["tag_object"]


def test_a_tag_in_the_place_of_the_folder_is_named(ada: Clone) -> None:
    ada.git("push", "--quiet", "origin", f":{REF}1.0.0", f"HEAD:refs/tags/{HELLO}")
    ada.git("tag", "--delete", f"{HELLO}/v1.0.0")
    error = refused(ada, 4, "release", "hello")
    assert f"refs/tags/{HELLO}' exists" in error["message"]
    assert error["hint"]
