"""What somebody who may push does to environments, by name; who refuses it with which words (R10)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from helpers.attacks import ENV, HELLO, World, both, make_world
from helpers.refusers import Attack, check_attack, copied
from helpers.shop import call
from helpers.soak import some

TAG = f"refs/tags/{HELLO}/v"


def swapped(world: World, environment: str, tree: str) -> None:
    """Put another release's files in the place of those that serve."""
    entries = {f"releases/{HELLO}/{path}": each for path, each in world.entries(tree).items()}
    world.rewrite(environment, lambda all_: all_.update(entries))


def twice(content: bytes, key: bytes) -> bytes:
    """Repeat one line of a JSON text."""
    line = re.search(rb"\n  \"" + key + rb"\"[^\n]*", content)
    assert line is not None
    return content.replace(line[0], line[0].rstrip(b",") + b"," + line[0], 1)


def loose(world: World) -> str:
    """Push a branch whose pipeline has one environment and no order; return its commit."""
    blob = world.object("blob", b"environments: [{name: dev}, {name: staging}, {name: prod}]\n")
    entries = world.entries("refs/heads/main")
    entries["promptctl.yaml"] = ("100644", blob)
    commit = world.commit(world.tree(entries), (world.at("refs/heads/main"),), "loose\n")
    world.set("refs/heads/loose", commit)
    return commit


def under_a_loose_policy(world: World) -> None:
    """Make the loose branch the default one, promote past the order, and put everything back."""
    loose(world)
    world.remote.git("symbolic-ref", "HEAD", "refs/heads/loose")
    assert call(world.eve, "promote", "hello@1.2.0", "--to", "prod").code == 0
    world.remote.git("symbolic-ref", "HEAD", "refs/heads/main")


def blocked(world: World) -> None:
    for environment in ("dev", "staging"):
        world.set(ENV + environment, "")
    world.set("refs/heads/env", world.at("refs/heads/main"))


def unreleased(world: World) -> None:
    """Let dev serve a bundle that was never released, with a lock and a record that agree with it."""
    bundle = world.show(f"{TAG}1.2.0:bundle.json").removesuffix(b"\n").replace(b"Three.", b"Pay me.")
    digest = "sha256:" + hashlib.sha256(bundle).hexdigest()
    oid = world.object("blob", bundle)
    entries = {**world.entries(f"{TAG}1.2.0"), "bundle.json": ("100644", oid)}
    tree = world.tree(entries)
    files = {f"releases/{HELLO}/{path}": each for path, each in entries.items()}
    pin = {"version": "1.3.0", "tag": f"{TAG}1.3.0", "digest": digest, "tree": tree}
    world.rewrite("dev", both(world.pin("dev", **pin), lambda all_: all_.update(files)))


ATTACKS: Mapping[str, Attack] = {
    # --- branches
    "a rewound branch": (
        lambda w: w.set(f"{ENV}dev", w.at(f"{ENV}dev~1")),
        {
            "verify again": "branch-rewound",
            "promote": "may not change",
            "rollback": "may not change",
            "runtime": "went back from sequence",
        },
    ),
    "a branch of another history": (
        lambda w: w.set(f"{ENV}dev", w.commit(w.at(f"{ENV}dev^{{tree}}"), (), "promote hello 1.1.0\n")),
        {"verify": "sequence-broken", "verify again": "branch-rewound", "rollback": "may not change"},
    ),
    "a deleted branch": (
        lambda w: w.set(f"{ENV}dev", ""),
        {
            "rollback": "nothing serves in dev",
            "promote": "does not serve in dev",
            "runtime": "has no environment",
            "new runtime": "has no environment",
        },
    ),
    "the branch of another environment": (
        lambda w: w.set(f"{ENV}dev", w.at(f"{ENV}staging")),
        {
            "verify": "another environment",
            "verify again": "branch-rewound",
            "rollback": "may not change",
            "rollback by Ben": "another environment",
            "runtime": "another environment",
            "new runtime": "another environment",
        },
    ),
    "the default branch in the place of an environment": (
        lambda w: w.set(f"{ENV}dev", w.at("refs/heads/main")),
        {
            "verify": "no lock.json",
            "rollback by Ben": "no lock.json",
            "runtime": "is missing",
            "new runtime": "is missing",
        },
    ),
    "a branch that blocks all environments": (
        blocked,
        {"promote to dev": "env"},
    ),
    "an environment that is a copy": (
        lambda w: w.set(f"{ENV}prod", w.at(f"{ENV}dev")),
        {"verify": "another environment", "promote to prod": "another environment"},
    ),
    # --- commits
    "a merge": (
        lambda w: w.rewrite("dev", more_parents=(w.at("refs/heads/main"),)),
        {"verify": "env/dev", "verify again": "branch-rewound"},
    ),
    "an empty commit on top": (
        lambda w: w.rewrite("dev", on_top=True),
        {"verify": "sequence-broken"},
    ),
    "a commit of the future": (
        lambda w: w.rewrite("dev", when="4000000000 +0000"),
        {"verify": "dated in the future"},
    ),
    "a commit dated before the one below": (
        lambda w: w.rewrite("dev", when="1000000000 +0000"),
        {"verify": "is dated before"},
    ),
    "another message": (
        lambda w: w.rewrite("dev", message="promote hello 9.9.9\n"),
        {"verify": "its message is not"},
    ),
    # --- trees
    "a file more in the environment": (
        lambda w: w.rewrite("dev", w.put("more", b"x")),
        {"verify": "tree-swapped"},
    ),
    "a workflow in the environment": (
        lambda w: w.rewrite("dev", w.put(".github/workflows/x.yml", b"on: push\n")),
        {"verify": "tree-swapped"},
    ),
    "a file more beside the releases": (
        lambda w: w.rewrite("dev", w.put("releases/prompts/x/bundle.json", b"{}")),
        {"verify": "in the tree and not in the lock"},
    ),
    "a file more in a served release": (
        lambda w: w.rewrite("dev", w.put(f"releases/{HELLO}/more", b"x")),
        {"verify": "tree-swapped"},
    ),
    "a swapped bundle": (
        lambda w: w.rewrite(
            "dev", w.put(f"releases/{HELLO}/bundle.json", w.show(f"{TAG}1.2.0:bundle.json")[:-1])
        ),
        {"verify": "tree-swapped", "runtime": "sha256", "new runtime": "sha256"},
    ),
    "the files of another release": (
        lambda w: swapped(w, "dev", f"{TAG}1.2.0"),
        {"verify": "tree-swapped", "runtime": "sha256", "new runtime": "sha256"},
    ),
    "a bundle that is a link": (
        lambda w: w.rewrite("dev", w.put(f"releases/{HELLO}/bundle.json", b"/etc/passwd", "120000")),
        {"verify": "tree-swapped", "runtime": "sha256", "new runtime": "sha256"},
    ),
    "a lock that is a link": (
        lambda w: w.rewrite("dev", w.put("lock.json", b"/etc/passwd", "120000")),
        {
            "verify": "env/dev",
            "rollback by Ben": "not readable",
            "runtime": "not readable",
            "new runtime": "not readable",
        },
    ),
    "an executable lock": (
        lambda w: w.rewrite(
            "dev", lambda files: files.update({"lock.json": ("100755", files["lock.json"][1])})
        ),
        {"verify": "tree-swapped"},
    ),
    "a submodule among the releases": (
        lambda w: w.rewrite(
            "dev", lambda files: files.update({"releases/prompts/x": ("160000", w.at("refs/heads/main"))})
        ),
        {"verify": "in the tree and not in the lock"},
    ),
    # --- locks
    "an edited lock": (
        lambda w: w.rewrite("dev", w.lock("dev", lambda plain: plain["pins"].pop("prompts/bye"), tidy=False)),
        {"verify": "lock-edited", "runtime": "same sequence"},
    ),
    "an edited lock with the README for it": (
        lambda w: w.rewrite("dev", w.lock("dev", lambda plain: plain["pins"].pop("prompts/bye"))),
        {"verify": "lock-edited", "runtime": "same sequence"},
    ),
    "a lock in another layout": (
        lambda w: w.rewrite(
            "dev", w.put("lock.json", json.dumps(json.loads(w.show(f"{ENV}dev:lock.json"))).encode())
        ),
        {"verify": "was not written by promptctl", "runtime": "same sequence"},
    ),
    "a lock with a key twice": (
        lambda w: w.rewrite("dev", w.put("lock.json", twice(w.show(f"{ENV}dev:lock.json"), b"sequence"))),
        {"verify": "was not written by promptctl", "runtime": "same sequence"},
    ),
    "a lock with another key": (
        lambda w: w.rewrite("dev", w.lock("dev", lambda plain: plain.update(more=1), tidy=False)),
        {
            "verify": "env/dev",
            "rollback by Ben": "these fields",
            "runtime": "these fields",
            "new runtime": "these fields",
        },
    ),
    "a huge lock": (
        lambda w: w.rewrite("dev", w.put("lock.json", b" " * 70_000_000)),
        {"verify": "env/dev", "rollback by Ben": "bytes", "runtime": "bytes", "new runtime": "bytes"},
    ),
    "a sequence that repeats": (
        lambda w: w.rewrite(
            "dev",
            w.lock("dev", lambda plain: plain["holds"].clear() or plain["pins"].pop("prompts/bye")),
            on_top=True,
        ),
        {"verify": "sequence-broken", "verify again": "sequence-broken", "runtime": "same sequence"},
    ),
    "a sequence that skips": (
        lambda w: w.rewrite("dev", w.lock("dev", lambda plain: plain.update(sequence=9))),
        {"verify": "sequence-broken"},
    ),
    "a sequence that goes back": (
        lambda w: w.rewrite("dev", w.lock("dev", lambda plain: plain.update(sequence=1)), on_top=True),
        {"verify": "sequence-broken", "runtime": "went back"},
    ),
    "a sequence that is no number": (
        lambda w: w.rewrite("dev", w.lock("dev", lambda plain: plain.update(sequence=True), tidy=False)),
        {"verify": "env/dev", "rollback by Ben": "no positive number", "runtime": "no positive number"},
    ),
    "a pin on another prompt's tag": (
        lambda w: w.rewrite(
            "dev",
            w.lock(
                "dev",
                lambda plain: plain["pins"][HELLO].update(tag="refs/tags/prompts/bye/v1.1.0"),
                tidy=False,
            ),
        ),
        {
            "verify": "env/dev",
            "rollback by Ben": "its own release",
            "runtime": "its own release",
            "new runtime": "its own release",
        },
    ),
    "a pin of another digest": (
        lambda w: w.rewrite("dev", w.pin("dev", digest="sha256:" + "0" * 64)),
        {"verify": "bundle-edited", "runtime": "same sequence", "new runtime": "sha256"},
    ),
    "a pin on another tree": (
        lambda w: w.rewrite("dev", w.pin("dev", tree=w.at(f"{TAG}1.2.0^{{tree}}"))),
        {"verify": "tree-swapped"},
    ),
    "a pin on another tag object": (
        lambda w: w.rewrite("dev", w.pin("dev", tag_object=w.at(f"{TAG}1.0.0"))),
        {"verify": "tag-moved"},
    ),
    "a pin that others are said to have made": (
        lambda w: w.rewrite("dev", w.pin("dev", by="grace@acme.example")),
        {"verify": "lock-edited", "runtime": "same sequence"},
    ),
    "an earlier pin of another digest": (
        lambda w: w.rewrite(
            "dev",
            w.lock(
                "dev", lambda plain: plain["pins"][HELLO]["previous"][0].update(digest="sha256:" + "0" * 64)
            ),
        ),
        {"verify": "lock-edited", "rollback by Ben": "expected sha256:"},
    ),
    "an earlier pin on a tree that is nowhere": (
        lambda w: w.rewrite(
            "dev", w.lock("dev", lambda plain: plain["pins"][HELLO]["previous"][0].update(tree="0" * 40))
        ),
        {"verify": "lock-edited", "rollback by Ben": "has no bundle.json"},
    ),
    "a lock, a record and files of what was never released": (
        unreleased,
        {"verify": "is gone"},
    ),
    # --- records
    "a record of somebody else": (
        lambda w: w.rewrite("dev", w.record("dev", lambda plain: plain.update(by="grace@acme.example"))),
        {"verify": "lock-edited"},
    ),
    "a lock that moved without a record of it": (
        lambda w: w.rewrite(
            "dev", w.lock("dev", lambda plain: plain.update(sequence=plain["sequence"] + 1)), on_top=True
        ),
        {"verify": "lock-edited"},
    ),
    "a record past a gate that failed": (
        lambda w: w.rewrite("dev", w.record("dev", lambda plain: plain["gates"][0].update(result="fail"))),
        {"verify": "gate-not-passed"},
    ),
    "a waiver that nobody gave": (
        lambda w: w.rewrite("dev", w.record("dev", lambda plain: plain["waivers"].append({"gate": "soak"}))),
        {"verify": "env/dev"},
    ),
    "a record of a policy that is none": (
        lambda w: w.rewrite("dev", w.record("dev", lambda plain: plain.update(policy_commit="HEAD"))),
        {"verify": "policy-edited"},
    ),
    "a record that is gone": (
        lambda w: w.rewrite("dev", lambda files: files.__delitem__("promotion.json")),
        {"verify": "no promotion.json"},
    ),
    "a README that says something else": (
        lambda w: w.rewrite("dev", w.put("README.md", b"Nothing serves.\n")),
        {"verify": "readme-edited"},
    ),
    # --- policy
    "a policy that was edited": (
        lambda w: w.rewrite("dev", w.put("policy/promptctl.yaml", b"environments: [{name: dev}]\n")),
        {"verify": "policy-edited"},
    ),
    "a parsed policy that is not the policy": (
        lambda w: w.rewrite(
            "dev",
            w.put(
                "policy/pipeline.json",
                w.show(f"{ENV}dev:policy/pipeline.json").replace(b'"after": "staging"', b'"after": "dev"'),
            ),
        ),
        {"verify": "policy-edited"},
    ),
    "signers that the default branch does not have": (
        lambda w: w.rewrite("dev", w.put("policy/allowed_signers", b"eve@acme.example ssh-ed25519 AAAA\n")),
        {"verify": "policy-edited"},
    ),
    "a default branch that was loosened for a moment": (
        under_a_loose_policy,
        {"verify": "policy-unknown"},
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
    assert len(ATTACKS) >= 45
    what = f"{len(tried)} attacks on environments, {refusals} refusals"
    reached(f"R10: {what} by verify, promote, rollback and the SDK")
