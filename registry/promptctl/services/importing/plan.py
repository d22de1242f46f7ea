"""Import: what other tools' files become is planned as a whole, then written as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from promptctl.core.names import KINDS, name_problem
from promptctl.errors import RefusedError, UsageError
from promptctl.model.findings import Finding
from promptctl.services.importing.collecting import Collected, collect
from promptctl.services.importing.formats import Format
from promptctl.services.importing.imported import (
    RENAMED,
    UNREADABLE,
    UNUSABLE,
    Imported,
    Source,
)
from promptctl.services.importing.naming import legal_name
from promptctl.services.validate import validate
from promptctl.store import registry as registries
from promptctl.store.files import SourceFile, from_work_tree
from promptctl.store.objects import REGULAR

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What to import. `shown` is the path as it was typed; `into` is put before every name, `name` is the
    name of the only file; both may be empty. `columns` are a table's: of the name, of the text.
    """

    place: Path
    shown: str
    into: str = ""
    name: str = ""
    columns: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`files` are to be written, by registry path, what belongs together side by side; `unchanged` are there
    already, byte for byte.

    `findings` have places in the sources: what could not be carried over. `problems` are what the registry's
    own rules say of the new files. Both are sorted by place.
    """

    files: Mapping[str, bytes]
    unchanged: tuple[str, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Finding, ...]
    sources_count: int

    @property
    def errors_count(self) -> int:
        """Return how many things could not be imported."""
        return sum(each.severity == "error" for each in self.findings)


def plan(root: Path, form: Format, request: Request) -> Plan:
    """Return what the files at a place become in the registry at `root`. Writes nothing.

    Raise `UsageError` where there is nothing to import or a name that was given is illegal, `RefusedError`
    where two sources would become one file, or one would take the place of a file that is there.
    """
    existing = from_work_tree(root)
    collected, findings = collect(request.place, request.shown, form)
    if request.name and len(collected) + len(findings) > 1 and request.place.is_dir():
        raise UsageError("--name names one file", hint="use --into to put many below a name")
    made: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for each in collected:
        source, problems = _source(each, request)
        findings += problems
        if source is None:
            continue
        imported = form.read(source)
        findings += imported.findings
        _refuse_twice(imported, each.path, made, files)
        made |= dict.fromkeys(imported.files, each.path)
        files |= imported.files
    _refuse_existing(files, existing)
    files, unusable, problems = _checked(files, existing, made)
    there = {each.path: each.data for each in existing}
    return Plan(
        files={path: files[path] for path in sorted(files, key=_order) if path not in there},
        unchanged=tuple(sorted((path for path in files if path in there), key=_order)),
        findings=tuple(sorted({*findings, *unusable})),
        problems=tuple(sorted(problems)),
        sources_count=len(collected),
    )


def _order(path: str) -> tuple[str, int]:
    """Sort by name, and a prompt before its suite and dataset."""
    return _name(path), list(KINDS).index(path.partition("/")[0])


def _source(each: Collected, request: Request) -> tuple[Source | None, list[Finding]]:
    stem = "/".join(part.lstrip("_") for part in each.stem.split("/"))
    name = request.name or legal_name(stem)
    whole = f"{request.into.strip('/')}/{name}" if request.into else name
    given = request.into or request.name
    if given and (problem := name_problem(whole if name else request.into)):
        raise UsageError(f"{given!r} is not a name: {problem}", hint="names look like support/answer")
    if not name:
        message = "nothing of this name can be the name of an artifact"
        return None, [Finding(each.path, 0, 0, UNREADABLE, message, "rename the file, or give --name")]
    findings = []
    if not request.name and name != stem:
        message = f"is called {whole} here: names hold a-z, 0-9, '.', '_' and '-'"
        findings.append(Finding(each.path, 0, 0, RENAMED, message, "", "warning"))
    folder = each.folder
    source = Source(each.path, each.data, whole, request.columns, folder.read, folder.matching)
    return source, findings


def _refuse_twice(imported: Imported, path: str, made: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """Two sources may make the same file, a partial that both name, but not different ones."""
    for each in sorted(imported.files):
        if each in made and imported.files[each] != files[each]:
            raise RefusedError(
                f"{made[each]} and {path} would both become {each}",
                hint="rename one of them, or import one with --name; nothing was written",
            )


def _refuse_existing(files: Mapping[str, bytes], existing: Sequence[SourceFile]) -> None:
    """Refuse to take the place of other files, and names that are a folder of others."""
    there = {each.path: each.data for each in existing}
    by_stem = {_stem(path): path for path in there}
    stems = {_stem(path): path for path in files} | by_stem
    folders = {parent: path for path in (*files, *there) for parent in _parents(path)}
    taken = set[str]()
    for path, data in files.items():
        if there.get(path) == data:
            continue
        in_the_way = [by_stem.get(_stem(path)), folders.get(_stem(path)), *map(stems.get, _parents(path))]
        taken |= {each for each in in_the_way if each is not None}
    if taken:
        raise RefusedError(
            f"{_listed(sorted(taken))} would be replaced, or is in the way; nothing was written",
            hint="import below another name: --into NAME; or remove what is there first",
        )


def _stem(path: str) -> str:
    return path.rpartition(".")[0] or path


def _parents(path: str) -> Iterable[str]:
    return list(accumulate(path.split("/")[:-1], lambda left, right: f"{left}/{right}"))[1:]


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _checked(
    files: Mapping[str, bytes], existing: Sequence[SourceFile], made: Mapping[str, str]
) -> tuple[dict[str, bytes], list[Finding], list[Finding]]:
    """Return the files that the registry's reader takes, findings for the others, and those of its rules."""
    registry = registries.read(_together(files, existing))
    read = {each.path for each in registry.artifacts.values()}
    refused = {_name(path) for path in files if path not in read}
    unusable = [
        _unusable(each, made[each.path]) for each in registry.findings if each.path in files.keys() - read
    ]
    kept = {path: data for path, data in files.items() if _name(path) not in refused}
    if refused:
        registry = registries.read(_together(kept, existing))
    problems = [each for each in validate(registry).findings if each.path in kept]
    return kept, unusable, problems


def _together(files: Mapping[str, bytes], existing: Sequence[SourceFile]) -> list[SourceFile]:
    new = [SourceFile(path, data, REGULAR, len(data)) for path, data in files.items()]
    return [*(each for each in existing if each.path not in files), *new]


def _name(path: str) -> str:
    """Return what a prompt, its suite and its dataset have in common."""
    return _stem(path.partition("/")[2])


def _unusable(finding: Finding, source: str) -> Finding:
    message = f"would become {finding.where}, which is refused: {finding.message}"
    return replace(finding, path=source, line=0, column=0, code=UNUSABLE, message=message)
