"""The commits of an environment's branch, each with everything in it that promptctl did not write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from promptctl.core.environment import LOCK_SIGNATURE
from promptctl.core.lock import Lock
from promptctl.model.promotion import Promotion, readme
from promptctl.services.history import commits_of
from promptctl.services.verify.explain import EXPECTED
from promptctl.services.verify.violation import UNREADABLE
from promptctl.store import environments
from promptctl.store.objects import REGULAR, TREE
from promptctl.store.repository import Repository

POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of an environment, as far as it can be read; `seconds` is its time since 1970. `edits` say,
    each with the code of its violation, what in it promptctl did not write.
    """

    commit: str
    seconds: int | None
    lock: Lock | None = None
    promotion: Promotion | None = None
    edits: tuple[tuple[str, str], ...] = ()

    @property
    def at(self) -> datetime | None:
        """When the commit says it was made, where it says so and that is a time."""
        try:
            return None if self.seconds is None else datetime.fromtimestamp(self.seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None


def read_steps(repository: Repository, environment: str, head: str) -> list[Step]:
    """Return the commits of an environment, newest first; raise `RefusedError` where `head` is none."""
    return [_read(repository, environment, each) for each in commits_of(repository, head)]


def _read(repository: Repository, environment: str, commit: str) -> Step:
    seconds = None
    edits: list[tuple[str, str]] = []
    try:
        stored = repository.objects.read(commit)
        head, _, message = (stored.data if stored else b"").partition(b"\n\n")
        committed = _COMMITTER.search(head)
        seconds = int(committed[1]) if committed else None
        if (parents := len(_PARENT.findall(head))) > 1:
            edits.append(("merged", f"it merges {parents} histories, and an environment has one"))
        lock = environments.read(repository.objects, environment, commit).lock
        promotion = environments.read_promotion(repository.objects, commit)
        edits += _edits(repository, commit, lock, promotion, message)
    except UNREADABLE as error:
        edits.append(("lock-edited", f"it cannot be read: {error}"))
        return Step(commit, seconds, edits=tuple(edits))
    return Step(commit, seconds, lock, promotion, tuple(edits))


def _edits(
    repository: Repository, commit: str, lock: Lock, promotion: Promotion, message: bytes
) -> Iterator[tuple[str, str]]:
    """Yield (code, words) for everything in a commit that promptctl would not have written there."""
    if lock.to_bytes() != environments.lock_bytes(repository.objects, lock.environment, commit):
        yield "lock-edited", "its lock.json was not written by promptctl"
    if promotion.to_bytes() != repository.objects.blob(f"{commit}:promotion.json"):
        yield "record-edited", "its promotion.json was not written by promptctl"
    if promotion.action not in EXPECTED:
        yield "record-edited", f"its action “{promotion.action}” is none that this version writes"
    if promotion.action != "promote" and (promotion.gates or promotion.waivers or promotion.policy_commit):
        yield "record-edited", f"it says of a {promotion.action} what gates said, and none was asked"
    if message != promotion.message.encode():
        yield "record-edited", "its message is not that of its promotion.json"
    if readme(lock, promotion) != repository.objects.blob(f"{commit}:README.md"):
        yield "readme-edited", "its README.md does not say what its lock.json and promotion.json say"
    for each in repository.objects.tree(commit) or []:
        if _MODES.get(each.name) != each.mode:
            yield "tree-swapped", f"it holds {each.name} ({each.mode:o}), which promptctl does not write"


_COMMITTER = re.compile(rb"^committer [^\n]*> ([0-9]+) [+-][0-9]{4}$", re.MULTILINE)
_PARENT = re.compile(rb"^parent ", re.MULTILINE)
_MODES: Mapping[str, int] = {
    "lock.json": REGULAR,
    LOCK_SIGNATURE: REGULAR,
    "promotion.json": REGULAR,
    "README.md": REGULAR,
    POLICY: TREE,
    "releases": TREE,
}
"""What the tree of an environment holds, with its modes."""
