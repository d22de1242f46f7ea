"""The golden registry as one release and two promotions, all with fixed people and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from helpers.registries import registry

from promptctl.core.bundle import digest_of
from promptctl.core.lock import Hold, Lock, Pin
from promptctl.core.versions import FIRST
from promptctl.model.bundle import BuiltBundle, build
from promptctl.model.promotion import Move, Promotion
from promptctl.model.release import commit_bytes, tag_bytes
from promptctl.store import environments, releases
from promptctl.store.environments import EnvironmentState, Person, Policy
from promptctl.store.objects import Objects

GOLDEN = Path(__file__).parents[1] / "data" / "golden"
ADDRESS = "prompts/answer"
SOURCE_COMMIT = "5f3c2b1a" * 5
SOURCE = (
    f"tree {'0' * 40}\nparent {'1' * 40}\n".encode()
    + b"author Zo\xeb <zoe@acme.example> 1700000000 +0530\n"
    + b"committer Ada Lovelace <ada@acme.example> 1700003600 -0230\n"
    + b"encoding ISO-8859-1\ngpgsig -----BEGIN SSH SIGNATURE-----\n author forged <x> 1 +0000\n\nedit\n"
)
ADA = Person("Ada <Lovelace>", "ada@acme.example")
NOW = datetime(2026, 11, 22, 17, 0, 5, tzinfo=UTC)
AT = "2026-11-22T17:00:05Z"


def files() -> dict[str, bytes]:
    """Return the golden registry: one artifact of every kind, defaults spelled out, odd text."""
    root = GOLDEN / "registry"
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def bundle() -> BuiltBundle:
    return build(registry(files()), ADDRESS)


def release(objects: Objects) -> dict[str, str]:
    """Stage the golden release; return the ids of its tree, commit and tag."""
    built = bundle()
    sources = {path: files()[path] for path in built.paths}
    tree = releases.tree(objects, built, SOURCE_COMMIT, sources)
    commit = objects.write_commit(
        commit_bytes(
            tree=tree, parent=None, source=SOURCE, source_commit=SOURCE_COMMIT, bundle=built, version=FIRST
        )
    )
    tag = objects.write_tag(
        tag_bytes(
            commit=commit,
            address=ADDRESS,
            version=FIRST,
            digest=built.digest,
            tagger=b"tagger " + ADA.line(NOW),
            notes="First.\n",
        )
    )
    return {"tree": tree, "commit": commit, "tag": tag}


def environment(objects: Objects) -> str:
    """Stage the golden environment's second commit, which holds a name; return its id."""
    made, built = release(objects), bundle()
    pin = Pin(
        version="1.0.0",
        digest=built.digest,
        tag=f"refs/tags/{ADDRESS}/v1.0.0",
        tag_object=made["tag"],
        commit=made["commit"],
        tree=made["tree"],
        since=AT,
        by=ADA.email,
    )
    before = {"version": "0.9.0", "tag": f"refs/tags/{ADDRESS}/v0.9.0", "previous": ()}
    earlier = Lock("dev").promoted({ADDRESS: Pin(**{**asdict(pin), **before})})
    held = earlier.held(Hold("name", "prompts/other", "grüße", ADA.email, AT))
    lock = held.promoted({ADDRESS: pin})
    gates: tuple[Mapping[str, object], ...] = (
        {"gate": "hold", "address": ADDRESS, "result": "pass", "reason": "nothing is held", "evidence": []},
    )
    promotion = Promotion(
        "promote", ADA.email, AT, "launch", (Move(ADDRESS, "0.9.0", "1.0.0"),), gates, SOURCE_COMMIT
    )
    source = files()["promptctl.yaml"]
    blob = objects.write_blob(source)
    policy = Policy(source, blob, asdict(registry(files()).pipeline), b"ada@acme.example ssh-ed25519 AAAA\n")
    state = EnvironmentState("dev", "2" * 40, held)
    return environments.write(objects, state, lock, promotion, policy=policy, person=ADA, now=NOW)


def frozen(objects: Objects) -> dict[str, bytes]:
    """Return by file name everything whose bytes are frozen. `objects` reads what it has staged."""

    def data(name: str) -> bytes:
        stored = objects.read(name)
        assert stored is not None
        return stored.data

    made, head = release(objects), environment(objects)
    in_release, in_environment = (
        objects.tree(made["commit"], recursive=True),
        objects.tree(head, recursive=True),
    )
    assert in_release is not None
    assert in_environment is not None
    blobs = {each.name: each.oid for each in in_release} | {each.name: each.oid for each in in_environment}
    listing = "".join(f"{each.mode:o} {each.oid} {each.name}\n" for each in in_environment)
    return {
        "bundle.json": data(blobs["bundle.json"]),
        "digest": (digest_of(data(blobs["bundle.json"])) + "\n").encode(),
        "release.json": data(blobs["release.json"]),
        "release-commit": data(made["commit"]),
        "release-tag": data(made["tag"]),
        "lock.json": data(blobs["lock.json"]),
        "promotion.json": data(blobs["promotion.json"]),
        "environment-README.md": data(blobs["README.md"]),
        "pipeline.json": data(blobs["policy/pipeline.json"]),
        "environment-commit": data(head),
        "environment-tree": listing.encode(),
    }
