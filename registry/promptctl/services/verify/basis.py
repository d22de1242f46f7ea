"""What the default branch vouches for: by which policies promotions were judged, and who may sign.

Nothing of an environment's own `policy/` is trusted here: whoever can write the branch can write that too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from promptctl.core.kinds import build
from promptctl.core.signers import ALLOWED, REVOKED
from promptctl.core.written import short
from promptctl.model.pipeline import Pipeline
from promptctl.services.pipeline import PIPELINE, parse
from promptctl.services.verify.steps import POLICY, Step
from promptctl.services.verify.violation import UNREADABLE, Violation
from promptctl.store import environments
from promptctl.store.repository import Repository
from promptctl.store.signers import Signers, read_signers

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_KEPT = {"promptctl.yaml": PIPELINE, "allowed_signers": ALLOWED, "revoked_keys": REVOKED}
_POLICY_FILES = {f"{POLICY}/{each}" for each in ("pipeline.json", *_KEPT)}


@dataclass(frozen=True)
class Basis:
    """The default branch, as last fetched: `head` is None where there is none."""

    repository: Repository
    head: str | None
    now: datetime
    _pipelines: dict[str, Pipeline | str] = field(default_factory=dict)

    @cached_property
    def signers(self) -> Signers:
        """The signers of its head: retired keys stay there, with the time until which they counted."""
        return read_signers(self.repository, self.head)

    def is_its_own(self, commit: str) -> bool | None:
        """Whether a commit is one of the branch; None where this clone cannot tell."""
        if commit in self._places:
            return True
        is_cut = self.head is None or self.repository.layout.is_shallow
        return None if is_cut else False

    def is_back(self, commit: str, before: str) -> bool:
        """Whether a commit of the branch is surely not above another of it."""
        places = self._places
        return commit in places and before in places and places[commit] > places[before]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """Its commits; none stands below one that came before it."""
        if self.head is None:
            return {}
        listed = self.repository.git.run("rev-list", "--topo-order", "--end-of-options", self.head)
        return {commit: place for place, commit in enumerate(listed.decode().split())}

    def pipeline(self, commit: str) -> Pipeline | str:
        """Return the pipeline of a commit of the branch, or why it cannot be read."""
        stored = self.repository.objects.read(f"{commit}:{PIPELINE}")
        if stored is None or stored.type != "blob":
            return f"there is no {PIPELINE}"
        if stored.oid not in self._pipelines:
            try:
                self._pipelines[stored.oid] = parse(stored.data)
            except UNREADABLE as error:
                self._pipelines[stored.oid] = str(error)
        return self._pipelines[stored.oid]


def policies(basis: Basis, steps: Sequence[Step]) -> list[Pipeline | None]:
    """Return for each step, newest first, the pipeline that was in force: of the newest promotion until then.

    None where none is known, or none that the default branch vouches for.
    """
    found: list[Pipeline | None] = []
    now: Pipeline | None = None
    for step in reversed(steps):
        commit = _judged_by(step)
        if commit and basis.is_its_own(commit):
            pipeline = basis.pipeline(commit)
            now = pipeline if isinstance(pipeline, Pipeline) else None
        elif commit:
            now = None
        found.append(now)
    return found[::-1]


def check_policies(basis: Basis, where: str, steps: Sequence[Step]) -> Iterator[Violation]:
    """Whether each promotion was judged by a policy of the default branch, and by none older than before."""
    before = ""
    for step in reversed(steps):
        commit, at = _judged_by(step), short(step.commit)
        if step.promotion is None or step.promotion.action != "promote":
            continue
        if _OBJECT_ID.fullmatch(commit) is None:
            yield Violation(where, "policy-edited", f"{at} was judged by {commit!r}, which is no commit")
        elif basis.is_its_own(commit) is False:
            words = f"{at} was judged by {short(commit)}, which is no commit of the default branch"
            yield Violation(where, "policy-unknown", words)
        elif isinstance(problem := basis.pipeline(commit), str) and basis.is_its_own(commit):
            words = f"{at} was judged by {short(commit)}, whose {PIPELINE} cannot be read: {problem}"
            yield Violation(where, "policy-unknown", words)
        elif basis.is_back(commit, before):
            words = f"{at} was judged by {short(commit)}, which is older than that of the promotion before"
            yield Violation(where, "policy-back", words)
        else:
            before = commit


def _judged_by(step: Step) -> str:
    return step.promotion.policy_commit if step.promotion and step.promotion.action == "promote" else ""


def check_kept(repository: Repository, where: str, head: str, steps: Sequence[Step]) -> Iterator[Violation]:
    """Whether the kept policy is that of the default branch when the last promotion was made."""
    if steps[0].promotion is None:
        return  # a head that cannot be read is named already
    objects = repository.objects
    kept = {f"{POLICY}/{each.name}": each for each in objects.tree(f"{head}:{POLICY}") or []}
    commit = next(filter(None, map(_judged_by, steps)), "")
    if commit and _OBJECT_ID.fullmatch(commit) and objects.read(commit) is not None:
        for name, path in _KEPT.items():
            stored, mine = objects.read(f"{commit}:{path}"), kept.get(f"{POLICY}/{name}")
            if (stored.oid if stored else None) != (mine.oid if mine else None):
                words = f"{POLICY}/{name} is not the {path} of {short(commit)}"
                yield Violation(where, "policy-edited", words)
    for path in sorted(kept.keys() - (_POLICY_FILES if commit else set())):
        yield Violation(where, "policy-edited", f"{path} is nothing that promptctl writes there")
    if commit and not _is_parsed(repository, head):
        yield Violation(where, "policy-edited", f"{POLICY}/pipeline.json is not what promptctl.yaml says")


def _is_parsed(repository: Repository, head: str) -> bool:
    """Whether `policy/pipeline.json` says what `policy/promptctl.yaml` says."""
    source = repository.objects.read(f"{head}:{POLICY}/promptctl.yaml")
    kept = environments.read_pipeline(repository.objects, head)
    if source is None or kept is None or kept[0] != source.oid:
        return False
    try:
        return bool(build(Pipeline, kept[1]) == parse(source.data))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
