"""Verify: recompute what environments and releases claim, from bytes, and name each violation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from promptctl.core import bundle as bundles
from promptctl.core.lock import Lock, Pin
from promptctl.core.names import ENVIRONMENTS, environment_ref, parse_tag, tag_of
from promptctl.errors import IntegrityError, PromptctlError, UsageError
from promptctl.model.promotion import Promotion
from promptctl.model.release import parse_release_json
from promptctl.services.environments_read import heads
from promptctl.services.history import commits_of
from promptctl.store import environments, releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.objects import TREE
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """Something that is not what was released. `where` is an environment or a tag."""

    where: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and every violation found, sorted."""

    environments: tuple[str, ...]
    releases: int
    commits: int
    violations: tuple[Violation, ...]


def verify(repository: Repository, *, environment: str = "", everything: bool, now: datetime) -> Verified:
    """Look at one environment or all of them; with `everything` at every release tag too."""
    violations = list(_fetch_environments(repository, environment))
    names = [environment] if environment else list(heads(repository.refs))
    states, commits = [], 0
    for name in names:
        head = repository.refs.read(environment_ref(name))
        if head is None:
            raise UsageError(f"nothing was ever promoted to {name}", hint="promptctl status")
        history = _history(repository, name, head)
        commits += len(history)
        violations += _check_history(name, history, now)
        states += [each.state for each in history[:1] if each.state]
    tags, problems = _fetch_tags(repository, states, everything=everything)
    violations += problems
    for state in states:
        violations += _check_pins(repository, state, tags)
    for ref, tag_object in tags.items():
        violations += _check_release(repository, ref, tag_object)
    return Verified(tuple(names), len(tags), commits, tuple(sorted(set(violations))))


@dataclass(frozen=True, slots=True)
class _Step:
    """One commit of an environment, as far as it can be read; `seconds` is its time since 1970."""

    commit: str
    seconds: int
    state: EnvironmentState | None
    promotion: Promotion | None
    raw_lock: bytes
    damage: str = ""


def _fetch_environments(repository: Repository, environment: str) -> Iterator[Violation]:
    """A branch that no longer holds the head seen before was rewound; git refuses to follow it."""
    try:
        repository.refs.fetch([environment_ref(environment) if environment else f"{ENVIRONMENTS}*"])
    except IntegrityError as error:
        yield Violation(f"env/{environment or '*'}", "branch-rewound", error.message)


def _fetch_tags(
    repository: Repository, states: list[EnvironmentState], *, everything: bool
) -> tuple[dict[str, str], list[Violation]]:
    """Return the tags to check, and a violation for each that the remote moved since it was fetched."""
    wanted = {pin.tag for state in states for pin in state.lock.pins.values()}
    patterns = ["refs/tags/prompts/*"] if everything else sorted(wanted)
    violations = []
    try:
        repository.refs.fetch(patterns)
    except IntegrityError as error:
        violations.append(Violation("tags", "tag-moved", error.message))
    found = repository.refs.read_below("refs/tags/prompts/") if everything else {}
    for tag in wanted:
        oid = repository.refs.read(tag)
        if oid is not None:
            found[tag] = oid
    return {ref: oid for ref, oid in sorted(found.items()) if parse_tag(ref)}, violations


def _history(repository: Repository, environment: str, head: str) -> list[_Step]:
    steps = []
    for commit in commits_of(repository, head):
        stored = repository.objects.read(commit)
        seconds = (
            int(stored.data.split(b"\ncommitter ", 1)[1].split(b"\n", 1)[0].split()[-2]) if stored else 0
        )
        try:
            state = environments.read(repository.objects, environment, commit)
            promotion = environments.read_promotion(repository.objects, commit)
            raw = repository.objects.blob(f"{commit}:lock.json") or b""
            steps.append(_Step(commit, seconds, state, promotion, raw))
        except PromptctlError as error:
            steps.append(_Step(commit, seconds, None, None, b"", error.message))
    return steps


def _check_history(environment: str, steps: list[_Step], now: datetime) -> Iterator[Violation]:
    where = f"env/{environment}"
    if steps and steps[0].seconds > now.timestamp() + 300:
        yield Violation(where, "time", f"{steps[0].commit[:12]} is dated in the future")
    before: Lock = Lock(environment)
    for step in reversed(steps):
        at = f"{step.commit[:12]}"
        if step.state is None or step.promotion is None:
            yield Violation(where, "lock-edited", f"{at} cannot be read: {step.damage}")
            continue
        lock = step.state.lock
        if lock.to_bytes() != step.raw_lock:
            yield Violation(where, "lock-edited", f"lock.json of {at} was not written by promptctl")
        if lock.sequence <= before.sequence or (
            lock.sequence != before.sequence + 1 and step.promotion.action != "repair"
        ):
            yield Violation(
                where, "sequence-broken", f"{at} has the number {lock.sequence} after {before.sequence}"
            )
        elif not _explains(step.promotion, before, lock):
            yield Violation(
                where, "lock-edited", f"lock.json of {at} says more than its record “{step.promotion.title}”"
            )
        before = lock
    for later, earlier in pairwise(steps):
        if later.seconds < earlier.seconds:
            yield Violation(where, "time", f"{later.commit[:12]} is dated before {earlier.commit[:12]}")


def _explains(promotion: Promotion, before: Lock, after: Lock) -> bool:
    """Whether the record of a commit accounts for everything that its lock changed."""
    moved = {each.address: each for each in promotion.changes}
    if any(
        address not in after.pins or after.pins[address].version != each.after
        for address, each in moved.items()
    ):
        return False
    if promotion.action == "promote":
        pins = {address: replace(after.pins[address], previous=()) for address in moved}
        return before.promoted(pins) == after
    if promotion.action == "rollback":
        return _explains_rollback(promotion, before, after)
    if promotion.action in {"hold", "unhold"}:
        return before.pins == after.pins and len(set(before.holds) ^ set(after.holds)) == 1
    return True


def _explains_rollback(promotion: Promotion, before: Lock, after: Lock) -> bool:
    (move,) = promotion.changes
    pin = before.pins.get(move.address)
    targets = [each for each in pin.previous if each.version == move.after] if pin else []
    if not targets:
        return False
    expected = before.rolled_back(
        move.address, targets[0], since=promotion.at, by=promotion.by, reason=promotion.reason
    )
    return expected == after


def _check_pins(
    repository: Repository, state: EnvironmentState, tags: Mapping[str, str]
) -> Iterator[Violation]:
    where = f"env/{state.environment}"
    for address, pin in sorted(state.lock.pins.items()):
        name = f"{address} {pin.version}"
        spliced = repository.objects.read(f"{state.head}:releases/{address}")
        if spliced is None or spliced.oid != pin.tree:
            found = spliced.oid[:12] if spliced else "nothing"
            yield Violation(
                where, "tree-swapped", f"{name}: the tree is {found}, the lock says {pin.tree[:12]}"
            )
        else:
            yield from _check_tree(repository, where, name, pin.tree, pin.digest)
        yield from _check_tag(repository, where, name, pin, tags.get(pin.tag))
    known = {f"releases/{address}" for address in state.lock.pins}
    for path in sorted(_release_paths(repository, state) - known):
        yield Violation(where, "tree-swapped", f"{path} is in the tree and not in the lock")


def _release_paths(repository: Repository, state: EnvironmentState) -> set[str]:
    files = repository.objects.tree(f"{state.head}:releases", recursive=True) or []
    return {
        f"releases/{each.name.removesuffix('/bundle.json')}"
        for each in files
        if each.name.endswith("/bundle.json")
    }


def _check_tag(
    repository: Repository, where: str, name: str, pin: Pin, tag_object: str | None
) -> Iterator[Violation]:
    if tag_object is None:
        yield Violation(where, "tag-moved", f"{name}: its tag {pin.tag} is gone")
        return
    if tag_object != pin.tag_object:
        yield Violation(
            where, "tag-moved", f"{name}: the tag is {tag_object[:12]}, the lock says {pin.tag_object[:12]}"
        )
        return
    try:
        release = releases.read(repository.objects, pin.tag, tag_object)
    except IntegrityError:
        return  # said where releases are checked
    facts = (release.commit, release.tree, release.digest, tag_of(release.address, release.version))
    if facts != (pin.commit, pin.tree, pin.digest, pin.tag):
        yield Violation(where, "lock-edited", f"{name}: the lock does not say what its tag says")


def _check_release(repository: Repository, ref: str, tag_object: str) -> Iterator[Violation]:
    where = ref.removeprefix("refs/tags/")
    try:
        release = releases.read(repository.objects, ref, tag_object)
    except IntegrityError as error:
        yield Violation(where, "tag-moved", error.message)
        return
    yield from _check_tree(repository, where, where, release.tree, release.digest)


def _check_tree(repository: Repository, where: str, name: str, tree: str, digest: str) -> Iterator[Violation]:
    """Whether the files of a release tree are those that its `release.json` and the digest name."""
    files = {each.name: each for each in repository.objects.tree(tree, recursive=True) or []}
    content = repository.objects.blob(f"{tree}:{releases.BUNDLE}")
    if content is None or bundles.digest_of(content) != digest:
        yield Violation(
            where, "bundle-edited", f"{name}: bundle.json does not have the digest {digest[:19]}…"
        )
        return
    try:
        stated = parse_release_json(repository.objects.blob(f"{tree}:{releases.RELEASE}") or b"")
    except IntegrityError as error:
        yield Violation(where, "tree-swapped", f"{name}: {error.message}")
        return
    if stated["digest"] != digest:
        yield Violation(where, "tree-swapped", f"{name}: release.json names another digest")
    hashes = {
        path: hashlib.sha256(repository.objects.blob(each.oid) or b"").hexdigest()
        for path, each in files.items()
        if path not in {releases.BUNDLE, releases.RELEASE} and each.mode != TREE
    }
    for path in sorted({*hashes, *stated["files"]}):
        if hashes.get(path) != stated["files"].get(path):
            yield Violation(where, "tree-swapped", f"{name}: {path} is not what release.json says")
