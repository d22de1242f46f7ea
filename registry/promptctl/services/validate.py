"""All that is wrong with a registry, in one run, sorted by place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from promptctl.checks.catalogue import REGISTRY_RULES, RULES
from promptctl.checks.rule import Outline
from promptctl.checks.sample_inputs import RULE as RENDERS
from promptctl.errors import UsageError
from promptctl.model.findings import Finding
from promptctl.model.registry import Registry
from promptctl.store.files import PIPELINE


@dataclass(frozen=True, slots=True)
class Report:
    """`findings` are sorted by place. The counts are of what was looked at, read or not."""

    findings: tuple[Finding, ...]
    files_count: int
    artifacts_count: int

    @property
    def errors_count(self) -> int:
        """Return how many findings stop a release."""
        return sum(each.severity == "error" for each in self.findings)

    @property
    def warnings_count(self) -> int:
        """Return how many findings are worth knowing only."""
        return len(self.findings) - self.errors_count


def validate(registry: Registry, only: Sequence[str] = ()) -> Report:
    """Return every finding of reading and of the rules.

    `only` are paths of files or folders in the registry: findings are then those of these files, and of the
    artifacts and suites that reach them. Raise `UsageError` for a path where there is nothing.
    """
    findings = set(registry.findings)
    for artifact in registry.artifacts.values():
        for rule in RULES:
            findings.update(rule.check(artifact, registry))
    findings.update(_compared(registry))
    findings = _without_echoes(findings)
    files = set(registry.sources)
    if only:
        files = _touched(registry, only)
        findings = {each for each in findings if each.path in files}
    addresses = [address for address, path in registry.paths.items() if path in files]
    return Report(tuple(sorted(findings)), len(files), len(addresses))


def _compared(registry: Registry) -> Iterator[Finding]:
    """Yield what is found by comparing artifacts that need not know each other."""
    unread = frozenset(registry.paths.keys() - registry.artifacts.keys())
    outline = Outline(registry.paths, unread, registry.pipeline, PIPELINE in registry.sources)
    for rule in REGISTRY_RULES:
        artifacts = [each for each in registry.artifacts.values() if each.kind in rule.kinds]
        gathered = {each.address: rule.gather(each) for each in artifacts} if rule.gather else {}
        yield from rule.check(outline, gathered)


def _without_echoes(findings: set[Finding]) -> set[Finding]:
    """Leave out that a prompt does not render where another finding of its file says why."""
    wrong = {each.path for each in findings if each.severity == "error" and each.code != RENDERS.code}
    return {each for each in findings if each.code != RENDERS.code or each.path not in wrong}


def _touched(registry: Registry, only: Iterable[str]) -> set[str]:
    """Return the files that are meant, and those of every artifact that reaches one of them."""
    files: set[str] = set()
    for path in only:
        inside = {each for each in registry.sources if _is_in(each, path)}
        if not inside:
            raise UsageError(f"{path} is no file of the registry", hint="promptctl list")
        files |= inside
    users = _users(registry)
    waiting = [address for address, path in registry.paths.items() if path in files]
    reached = set(waiting)
    while waiting:
        more = users.get(waiting.pop(), set()) - reached
        reached |= more
        waiting += more
    return files | {registry.paths[each] for each in reached}


def _is_in(file: str, path: str) -> bool:
    path = path.removeprefix("./").rstrip("/")
    return path in ("", ".") or file == path or file.startswith(f"{path}/")


def _users(registry: Registry) -> dict[str, set[str]]:
    """Return by address the artifacts that name it."""
    users: dict[str, set[str]] = {}
    for artifact in registry.artifacts.values():
        for reference in artifact.references:
            users.setdefault(reference.target, set()).add(artifact.address)
    return users
