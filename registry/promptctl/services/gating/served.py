"""What an environment served under an address, and for how long."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from promptctl.core import bundle as bundles
from promptctl.gates.soak import Interval
from promptctl.model.promotion import Promotion
from promptctl.model.release import Release
from promptctl.store import environments
from promptctl.store.environments import EnvironmentState
from promptctl.store.releases import BUNDLE
from promptctl.store.repository import Repository


def served(repository: Repository, state: EnvironmentState, release: Release) -> Collection[str]:
    """Return the digests that an environment serves or has served under a release's address.

    The lock keeps ten earlier pins; the branch keeps all, and is only read where these do not suffice.
    """
    recent = {each.digest for each in state.lock.pins_of(release.address)}
    if release.digest in recent:
        return recent
    return recent | {each.digest for each in history(repository, state, release.address)}


def soaked(repository: Repository, state: EnvironmentState, release: Release) -> Iterator[Interval]:
    """Yield the intervals in which an environment served exactly a release's digest, newest first.

    The first is what the lock says, which mostly suffices.
    """
    pin = state.lock.pins.get(release.address)
    if pin is not None and pin.digest == release.digest:
        yield Interval(pin.digest, datetime.fromisoformat(pin.since), None, "")
    steps = history(repository, state, release.address)
    yield from (each for each in _joined(steps) if each.digest == release.digest)


def judged_by(repository: Repository, state: EnvironmentState, address: str) -> str:
    """Return the commit of the default branch by whose policy this address was last promoted, else empty."""
    steps = history(repository, state, address)
    return next((each.policy_commit for each in steps if each.policy_commit), "")


@dataclass(frozen=True, slots=True)
class Step:
    """A commit after which another release served: its digest, empty where none did. `at` is UTC.

    `policy_commit` is what a promotion was judged by; empty for other actions.
    """

    digest: str
    at: datetime
    action: str
    policy_commit: str


def history(repository: Repository, state: EnvironmentState, address: str) -> list[Step]:
    """Return the commits that changed what serves under an address, newest first.

    Git compares the spliced trees: neither locks nor the other addresses are read.
    """
    if state.head is None:
        return []
    listed = repository.git.run(
        *("log", "--first-parent", "--format=%H %ct", "--end-of-options", state.head),
        *("--", f"releases/{address}"),
    )
    return [_step(repository, address, *line.split()) for line in listed.decode().splitlines()]


def changes_since(
    repository: Repository, state: EnvironmentState, moment: datetime
) -> Iterator[tuple[datetime, Promotion]]:
    """Yield what was done to an environment since then, newest first, each with its commit's time, UTC."""
    if state.head is None:
        return
    listed = repository.git.run(
        *("log", "--first-parent", "--format=%H %ct", f"--since={int(moment.timestamp())}"),
        *("--end-of-options", state.head),
    )
    for line in listed.decode().splitlines():
        commit, seconds = line.split()
        at = datetime.fromtimestamp(int(seconds), UTC)
        yield at, environments.read_promotion(repository.objects, commit)


def _step(repository: Repository, address: str, commit: str, seconds: str) -> Step:
    content = repository.objects.blob(f"{commit}:releases/{address}/{BUNDLE}")
    digest = bundles.digest_of(content) if content is not None else ""
    promotion = environments.read_promotion(repository.objects, commit)
    at = datetime.fromtimestamp(int(seconds), UTC)
    return Step(digest, at, promotion.action, promotion.policy_commit)


def _joined(steps: list[Step]) -> Iterator[Interval]:
    """Yield intervals, newest first; a digest that was released twice served on without a break."""
    end: datetime | None = None
    ended_by = ""
    for place, step in enumerate(steps):
        before = steps[place + 1] if place + 1 < len(steps) else None
        if before is not None and before.digest == step.digest:
            continue
        if step.digest:
            yield Interval(step.digest, step.at, end, ended_by)
        end, ended_by = step.at, step.action
