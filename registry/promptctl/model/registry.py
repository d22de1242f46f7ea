"""A registry as it was read: typed artifacts, what they reference, and everything found wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promptctl.core.template import Template
from promptctl.model.document import Path, Place, nearest
from promptctl.model.findings import Finding
from promptctl.model.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Reference:
    """One artifact named by another, with where it stands in the file."""

    target: str
    place: Place
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """One artifact that could be read. `value` is the dataclass of its kind (`promptctl.core.kinds`).

    `references` are full addresses in file order, partials included. `places` says where each value stands.
    `body_line` is the line of the file on which a Markdown body begins. `templates` are the parsed messages
    of a prompt, threads left out, or the text of a context template or partial; their places are the file's.
    """

    address: str
    kind: str
    path: str
    value: Any
    references: tuple[Reference, ...] = ()
    places: Mapping[Path, Place] = field(default_factory=dict, repr=False)
    body_line: int = 1
    templates: tuple[Template, ...] = field(default=(), repr=False)

    def place(self, path: Path) -> Place:
        """Return where the value at `path`, or the nearest that holds it, stands."""
        return nearest(self.places, path)


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything in one commit or work tree. `sources` has the bytes of every file, by path.

    `findings` are those of reading; rules that look at whole artifacts are in `promptctl.checks`.
    `paths` names the file of every address that stands in the registry, also of those that could not be read.
    """

    artifacts: Mapping[str, Artifact]
    paths: Mapping[str, str]
    sources: Mapping[str, bytes]
    pipeline: Pipeline
    findings: tuple[Finding, ...] = ()

    def closure(self, address: str) -> tuple[str, ...]:
        """Return the artifact and every behaviour artifact reachable from it, sorted, partials included.

        Judges and datasets are not behaviour. Artifacts that do not exist are left out; cycles are harmless.
        """
        seen: set[str] = set()
        waiting = [address]
        while waiting:
            current = waiting.pop()
            if current in seen or current not in self.artifacts:
                continue
            seen.add(current)
            waiting += [
                each.target for each in self.artifacts[current].references if is_behaviour(each.target)
            ]
        return tuple(sorted(seen))

    def of_kind(self, kind: str) -> tuple[Artifact, ...]:
        """Return the artifacts of one kind, sorted by address."""
        return tuple(
            self.artifacts[each] for each in sorted(self.artifacts) if self.artifacts[each].kind == kind
        )


def is_behaviour(address: str) -> bool:
    """Say whether an artifact shapes what a release does, as a dependency of another artifact."""
    return not address.startswith(("prompts/", "evals/", "datasets/"))
