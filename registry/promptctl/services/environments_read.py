"""The environments that have a branch, and what each says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from promptctl.core.names import ENVIRONMENTS, environment_ref
from promptctl.errors import RefusedError, UsageError
from promptctl.store import environments
from promptctl.store.environments import EnvironmentState
from promptctl.store.refs import SharedRefs
from promptctl.store.repository import Repository


class Environments(NamedTuple):
    """What environments say, by name, and why others (by name) cannot be read."""

    states: Mapping[str, EnvironmentState] = {}  # a default, never written to
    damaged: Mapping[str, str] = {}


def heads(refs: SharedRefs) -> dict[str, str]:
    """Return name and head of every environment, as last fetched, sorted by name.

    A branch below `env/` whose name no environment can have (`env/a/b`, `env/Prod`) is none of ours.
    """
    found = refs.read_below(ENVIRONMENTS)
    named = {ref.removeprefix(ENVIRONMENTS): head for ref, head in found.items()}
    return {name: head for name, head in named.items() if _is_legal(name)}


def read_all(repository: Repository, names: Iterable[str]) -> Environments:
    """Return what each of these environments says, in this order; one that is damaged hides no other."""
    known = heads(repository.refs)
    states, damaged = {}, {}
    for name in names:
        try:
            states[name] = environments.read(repository.objects, name, known.get(name))
        except RefusedError as error:
            damaged[name] = error.message
    return Environments(states, damaged)


def _is_legal(name: str) -> bool:
    try:
        environment_ref(name)
    except UsageError:
        return False
    return True
