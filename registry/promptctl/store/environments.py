"""Environments in git: one branch each, whose head says what serves. Trees and commits, no refs moved here.

Layout of the tree: docs/reference/formats.md, "Environment".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from promptctl.core.environment import LOCK_SIGNATURE
from promptctl.core.limits import LOAD, PUBLISH
from promptctl.core.written import pretty_json, short
from promptctl.errors import IntegrityError, RefusedError
from promptctl.store.objects import REGULAR, TREE, Objects, TreeEntry

if TYPE_CHECKING:  # status reads locks alone, history records
    from promptctl.core.lock import Lock
    from promptctl.core.serving import Serving
    from promptctl.model.promotion import Promotion
    from promptctl.store.signers import Signer

PIPELINE_SCHEMA = "promptctl.pipeline/v1"


class EnvironmentState(NamedTuple):
    """What an environment's branch says: `head` is None and the lock empty before the first promotion."""

    environment: str
    head: str | None
    lock: Lock


class Policy(NamedTuple):
    """What a change was judged by: the pipeline's file and the signers' as the default branch has them."""

    source: bytes
    blob: str
    parsed: Mapping[str, Any]
    signers: bytes | None = None
    revoked: bytes | None = None


class Person(NamedTuple):
    """Who makes a commit or tag."""

    name: str
    email: str

    def line(self, now: datetime) -> bytes:
        """Return git's line: name, e-mail, seconds since 1970, UTC."""
        line = f"{_header_text(self.name)} <{_header_text(self.email)}> {int(now.timestamp())} +0000"
        return line.encode("utf-8", "surrogateescape")  # as git does: a name's bytes are what they are


def read(objects: Objects, environment: str, head: str | None) -> EnvironmentState:
    """Return what the commit `head` of an environment says; raise `IntegrityError` for unreadable ones."""
    from promptctl.core import lock as locks

    if head is None:
        return EnvironmentState(environment, None, locks.Lock(environment))
    content = lock_bytes(objects, environment, head)
    return EnvironmentState(environment, head, locks.parse(content, environment=environment))


def read_serving(objects: Objects, environment: str, head: str | None) -> Serving:
    """Return what the commit `head` says for a screen: read, and refused, as `read` does."""
    from promptctl.core import serving

    if head is None:
        return serving.Serving(environment)
    return serving.parse(lock_bytes(objects, environment, head), environment=environment)


def lock_bytes(objects: Objects, environment: str, head: str) -> bytes:
    """Return `lock.json` as the commit `head` has it; raise `IntegrityError` where there is none."""
    found = objects.read(f"{head}:lock.json", limit_bytes=LOAD.lock_size_bytes)
    if found is None or found.type != "blob":
        raise IntegrityError(
            f"env/{environment} ({short(head)}) has no lock.json",
            hint=f"promptctl verify --env {environment} says which commit broke it, promptctl"
            " repair writes the last readable one again",
        )
    return found.data


def read_promotion(objects: Objects, commit: str) -> Promotion:
    """Return the record of one commit of an environment."""
    from promptctl.model import promotion as promotions

    content = objects.blob(f"{commit}:promotion.json")
    if content is None:
        raise IntegrityError(f"{short(commit)} has no promotion.json")
    return promotions.parse(content)


def read_pipeline(objects: Objects, head: str) -> tuple[str, Mapping[str, Any]] | None:
    """Return (blob id of promptctl.yaml, the parsed pipeline) kept in an environment's commit."""
    content = objects.blob(f"{head}:policy/pipeline.json")
    if content is None:
        return None
    try:
        plain = json.loads(content)
        return (plain["source"], plain["pipeline"]) if plain["schema"] == PIPELINE_SCHEMA else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None  # only a shortcut: the reader goes to promptctl.yaml itself


def write(  # noqa: PLR0913 - a commit is all of this, and each is one value
    objects: Objects,
    state: EnvironmentState,
    lock: Lock,
    promotion: Promotion,
    *,
    policy: Policy | None,
    person: Person,
    now: datetime,
    signer: Signer | None = None,
) -> str:
    """Stage the next commit of an environment and return its id; a signer signs the bytes of the lock.

    Without a new policy the one of the head stays, so that a rollback needs nothing but this branch. Raises
    `RefusedError` where the lock would be larger than may be published, and as `Signer.sign` does.
    """
    from promptctl.model.promotion import readme

    content = _publishable(lock, promotion)
    signature = {LOCK_SIGNATURE: _blob(objects, signer.sign(content))} if signer else {}
    entries = {
        "lock.json": _blob(objects, content),
        **signature,
        "promotion.json": _blob(objects, promotion.to_bytes()),
        "README.md": _blob(objects, readme(lock, promotion)),
        **_policy_entries(objects, state.head, policy),
        **{f"releases/{address}": (TREE, pin.tree) for address, pin in lock.pins.items()},
    }
    tree = write_tree(objects, entries)
    return objects.write_commit(commit_bytes(tree, state.head, person.line(now), promotion.message))


def commit_bytes(tree: str, parent: str | None, line: bytes, message: str) -> bytes:
    """Return a commit by one person, of whom `line` is `Person.line`."""
    parents = [f"parent {parent}".encode()] if parent else []
    head = [f"tree {tree}".encode(), *parents, b"author " + line, b"committer " + line]
    return b"\n".join([*head, b"", message.encode()])


def _publishable(lock: Lock, promotion: Promotion) -> bytes:
    # The other half of what is read is left to rollbacks and holds: size is no reason to refuse one of these.
    limits = PUBLISH if promotion.action == "promote" else LOAD
    content = lock.to_bytes()
    if len(content) > limits.lock_size_bytes:
        raise RefusedError(
            f"lock.json of env/{lock.environment} would have {len(content):,} bytes, and at most"
            f" {limits.lock_size_bytes:,} are published: {len(lock.pins):,} prompts serve there",
            hint="split the registry: an environment holds some 6,000 prompts with ten earlier pins each",
        )
    return content


def write_tree(objects: Objects, entries: Mapping[str, tuple[int, str]]) -> str:
    """Stage the tree that has (mode, id) at each path; return its id."""
    here: list[TreeEntry] = []
    below: dict[str, dict[str, tuple[int, str]]] = {}
    for path, (mode, oid) in entries.items():
        first, _, rest = path.partition("/")
        if rest:
            below.setdefault(first, {})[rest] = (mode, oid)
        else:
            here.append(TreeEntry(mode, "tree" if mode == TREE else "blob", oid, first))
    here += [TreeEntry(TREE, "tree", write_tree(objects, each), name) for name, each in below.items()]
    return objects.write_tree(here)


def _policy_entries(objects: Objects, head: str | None, policy: Policy | None) -> dict[str, tuple[int, str]]:
    if policy is not None:
        parsed = {"schema": PIPELINE_SCHEMA, "source": policy.blob, "pipeline": policy.parsed}
        files = {
            "policy/promptctl.yaml": policy.source,
            "policy/pipeline.json": pretty_json(parsed),
            "policy/allowed_signers": policy.signers,
            "policy/revoked_keys": policy.revoked,
        }
        return {path: _blob(objects, each) for path, each in files.items() if each is not None}
    kept = objects.tree(f"{head}:policy") if head else None
    return {f"policy/{each.name}": (each.mode, each.oid) for each in kept or ()}


def _blob(objects: Objects, content: bytes) -> tuple[int, str]:
    return REGULAR, objects.write_blob(content)


def _header_text(text: str) -> str:
    # As git does: these end a name or an e-mail in a header.
    return "".join(sign for sign in text if sign not in "<>\n\0").strip() or "unknown"
