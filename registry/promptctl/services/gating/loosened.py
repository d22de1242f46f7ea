"""What a release would loosen: its policies, and the suites that judge it."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.bundle import Bundle
from promptctl.errors import PromptctlError
from promptctl.model.difference.change import SUITE, Difference
from promptctl.model.difference.compare import compare
from promptctl.model.difference.suites import compare_suites, gone_or_new, judged
from promptctl.model.registry import Registry
from promptctl.services.gating.served import judged_by
from promptctl.services.gating.suites import read_suites
from promptctl.store.environments import EnvironmentState
from promptctl.store.repository import Repository


def loosened(
    repository: Repository, state: EnvironmentState, before: Bundle | None, after: Bundle, suites: Registry
) -> Iterator[str]:
    """Yield in words what is looser than what serves; where nothing serves, nothing is.

    `suites` are those of the default branch; they are compared with those that judged the last promotion of
    this address.
    """
    if before is None:
        return
    yield from _words(compare(before, after))
    commit = judged_by(repository, state, after.root)
    if not commit or repository.objects.read(commit) is None:
        yield f"{SUITE}  the suites that judged what serves are not known here"
        return
    then = read_suites(repository, commit)
    for each in then.of_kind("eval_suite"):
        if each.value.target == after.root:
            yield from _suite(each.address, then, suites)


def _suite(address: str, before: Registry, after: Registry) -> Iterator[str]:
    try:
        old = judged(before, address)
        if address in after.paths:
            yield from _words(compare_suites(old, judged(after, address)))
        else:
            yield from _words(gone_or_new(old, None))
    except PromptctlError as error:
        yield f"{SUITE}  {address}: {error.message}"


def _words(difference: Difference) -> Iterator[str]:
    for change in difference.loosened:
        yield f"{change.mark}  {change.where}: {change.what}"
