"""The reference graph: which artifacts a file names, and which of those names lead nowhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from promptctl.checks import missing_references, reference_names, reference_targets
from promptctl.checks.rule import Refusal
from promptctl.core.names import FOLDERS, JUDGES, KINDS, address_of, is_releasable, name_problem
from promptctl.core.suggest import did_you_mean
from promptctl.model.document import Document, shown, spelled
from promptctl.model.findings import FINDINGS_PER_FILE, Finding
from promptctl.model.marks import Marked, marked
from promptctl.model.registry import Reference
from promptctl.store.intake import SUFFIXES

_MANY = 100


def references(value: Any, document: Document) -> tuple[tuple[Reference, ...], tuple[Finding, ...]]:
    """Return the artifacts that a value names, in the order of its file, and findings for what is no name."""
    found, problems = [], []
    for each in marked(value, "reference"):
        problem = _problem(each)
        if problem:
            rule, message, hint = problem
            problems.append(rule.at(document.path, document.place(each.path), message, hint))
        else:
            found.append(Reference(_address(each), document.place(each.path), each.path))
    return tuple(sorted(found, key=lambda each: each.place)), tuple(problems[:FINDINGS_PER_FILE])


def unresolved(path: str, missing: Iterable[Reference], known: Sequence[str]) -> Iterator[Finding]:
    """Yield findings for references of the file at `path` that name no address; `known` are all that there
    are, sorted. There are no more findings than a file may have.
    """
    for each in islice(missing, FINDINGS_PER_FILE):
        folder, _, name = each.target.partition("/")
        hint = did_you_mean(name, _names_like(each.target, known), f"in {folder}/")
        yield missing_references.RULE.at(
            path,
            each.place,
            f"there is no {each.target}",
            hint or f"add {each.target}{SUFFIXES[KINDS[folder]][0]}, or remove the name",
        )


def _names_like(address: str, known: Sequence[str]) -> list[str]:
    """Return the names in the folder of an address; of very many, those that begin like it."""
    folder, slash, name = address.partition("/")
    found = _beginning(folder + slash, known)
    if len(found) > _MANY:
        found = _beginning(folder + slash + name[:1], known)[:_MANY]
    return [each.removeprefix(folder + slash) for each in found]


def _beginning(prefix: str, known: Sequence[str]) -> Sequence[str]:
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return known[bisect_left(known, prefix) : bisect_left(known, after)]


def _address(each: Marked) -> str:
    return str(each.value) if "address" in each.marks else address_of(each.marks["reference"], each.value)


def _problem(each: Marked) -> tuple[Refusal, str, str] | None:
    """Return (rule, message, hint) where the text cannot name an artifact of its kind."""
    kind, text = each.marks["reference"], str(each.value)
    folder = FOLDERS[kind]
    if "address" in each.marks:
        if not text.startswith(f"{folder}/") or name_problem(text.removeprefix(f"{folder}/")):
            return (
                reference_names.RULE,
                f"`{spelled(each.path)}` must be an address in {folder}/, found {shown(text)!r}",
                f"write {folder}/NAME",
            )
        if kind == "prompt" and not is_releasable(text):
            return (
                reference_targets.RULE,
                f"`{spelled(each.path)}` names {text}, which is never released",
                "name a prompt that is no judge",
            )
        return None
    problem = name_problem(text)
    if problem:
        bare = text.removeprefix(f"{folder}/").removeprefix("./")
        hint = f"the field says the kind: write {bare}" if bare != text else f"name a file in {folder}/"
        return reference_names.RULE, f"`{spelled(each.path)}` is not a name: {problem}", hint
    if text.startswith(f"{folder}/"):
        name = text.removeprefix(f"{folder}/")
        return (
            reference_names.RULE,
            f"`{spelled(each.path)}` holds a folder, the field says it already",
            f"write {name}",
        )
    if "judge" in each.marks and not address_of(kind, text).startswith(JUDGES):
        return (
            reference_targets.RULE,
            f"`{spelled(each.path)}` must name a judge, found {shown(text)!r}",
            "judges are the prompts in prompts/judges/",
        )
    return None
