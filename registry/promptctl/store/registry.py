"""Reading a registry: files in; typed artifacts, and everything that is wrong with them, out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from promptctl.checks import case_ids
from promptctl.checks.of_files import PIPELINE_RULES
from promptctl.core.kinds import kind_class
from promptctl.core.kinds.dataset import Case, Dataset
from promptctl.model.document import Document, Path, Place
from promptctl.model.findings import FINDINGS_PER_FILE, Finding
from promptctl.model.pipeline import Pipeline
from promptctl.model.registry import Artifact, Registry
from promptctl.store import jsonl, markdown, table, yaml_reader
from promptctl.store.bodies import Draft, complete
from promptctl.store.files import PIPELINE, SourceFile
from promptctl.store.intake import Accepted, accept, names_of, overlaps
from promptctl.store.references import references, unresolved
from promptctl.store.validation import unquoted, validate, validate_lines

Load = Callable[[Collection[str]], Iterable[SourceFile]]

_MARKDOWN = frozenset(("prompt", "context_template", "partial"))


def read(files: Sequence[SourceFile]) -> Registry:
    """Return the registry that the files are. Never raises for bad content: that ends in `findings`.

    What could not be read whole is not among the `artifacts`; a name that leads nowhere is a finding and
    leaves its artifact in.
    """
    names = names_of(each.path for each in files)
    reading = _Reading(names)
    reading.add(files)
    reading.findings += overlaps(reading.sources, names)
    return reading.registry()


@dataclass(frozen=True, slots=True)
class Part:
    """Some files of a registry with all that they reach. `named` has by path the addresses that a file names,
    existing or not.
    """

    registry: Registry
    named: Mapping[str, frozenset[str]]


def read_part(paths: Iterable[str], names: Mapping[str, str], load: Load) -> Part:
    """Return these files and all that they reach; `names` has the file of every address of the registry.

    `load` returns the files of the paths that it is given.
    """
    reading = _Reading(names)
    waiting = set(paths)
    while waiting:
        targets = reading.add(load(sorted(waiting)))
        waiting = {names[each] for each in targets if each in names} - reading.sources.keys()
    return Part(reading.registry(), reading.named)


class _Reading:
    """Files on their way to artifacts, some at a time."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._drafts: list[Draft] = []
        self._pipeline = Pipeline()
        self.findings: list[Finding] = []
        self.sources: dict[str, bytes] = {}
        self.named: dict[str, frozenset[str]] = {}

    @cached_property
    def _addresses(self) -> Sequence[str]:
        return sorted(self._names)

    def add(self, files: Iterable[SourceFile]) -> set[str]:
        """Read files as far as that needs no others; return the addresses that they name."""
        files = list(files)
        intake = accept(files, self._names)
        self.sources |= {each.path: each.data for each in files}
        self.findings += intake.findings
        targets: set[str] = set()
        for file in intake.accepted:
            draft, problems = _draft(file)
            self.findings += problems
            if draft is not None:
                self._drafts.append(draft)
                self.named[file.path] = draft.targets()
                targets |= self.named[file.path]
                missing = [each for each in draft.artifact.references if each.target not in self._names]
                if missing:
                    self.findings += unresolved(file.path, missing, self._addresses)
        if intake.pipeline is not None:
            self._pipeline, problems = _pipeline(intake.pipeline)
            self.findings += problems
        return targets

    def registry(self) -> Registry:
        """Return what was read, with all bodies parsed."""
        artifacts, problems = complete(self._drafts, self._names)
        return Registry(
            artifacts={each.address: each for each in sorted(artifacts, key=attrgetter("address"))},
            paths=self._names,
            sources=self.sources,
            pipeline=self._pipeline,
            findings=tuple(sorted({*self.findings, *problems})),
        )


def _pipeline(data: bytes) -> tuple[Pipeline, Sequence[Finding]]:
    """Return the pipeline; an empty one where it is wrong."""
    document, findings = yaml_reader.read(data, PIPELINE)
    if document is None:
        return Pipeline(), findings
    pipeline, findings = validate(Pipeline, document)
    if pipeline is None:
        return Pipeline(), findings
    problems = tuple(found for rule in PIPELINE_RULES for found in rule.check(pipeline, document))
    return (Pipeline(), problems) if problems else (pipeline, ())


def _draft(file: Accepted) -> tuple[Draft | None, Sequence[Finding]]:
    """Return the artifact as far as it can be read without knowing others."""
    if file.kind == "dataset":
        return _dataset(file)
    body, body_line = None, 1
    document: Document | None
    if file.kind in _MARKDOWN:
        parts, findings = markdown.read(file.data, file.path)
        if parts is None:
            return None, findings
        document, body, body_line = parts.document, parts.body, parts.body_line
    else:
        document, findings = yaml_reader.read(file.data, file.path)
        if document is None:
            return None, findings
    cls = kind_class(file.kind)
    value, findings = validate(cls, document)
    if value is None:
        return None, findings
    named, findings = references(value, document)
    if findings:
        return None, findings
    artifact = Artifact(file.address, file.kind, file.path, value, named, document.places, body_line)
    return Draft(artifact, body), tuple(unquoted(cls, document)) if document.plain else ()


def _dataset(file: Accepted) -> tuple[Draft | None, Sequence[Finding]]:
    reader = table if file.path.endswith(".csv") else jsonl
    cases: dict[str, Case] = {}
    places: dict[Path, Place] = {}
    findings: list[Finding] = []
    said_lines = list(reader.read(file.data, file.path))
    checked = _plain_cases(file, said_lines)
    for place, (line, said) in enumerate(said_lines):
        case, problems = (checked[place], ()) if checked else _case(said)
        findings += problems
        if len(findings) >= FINDINGS_PER_FILE:
            break
        if case is None:
            continue
        if case.id in cases:
            first = places[("cases", list(cases).index(case.id))].line
            message = f"the case id {case.id!r} is here twice, first on line {first}"
            findings.append(case_ids.RULE.at(file.path, Place(line, 1), message))
        else:
            places[("cases", len(cases))] = Place(line, 1)
            cases[case.id] = case
    if findings:
        return None, findings
    value = Dataset(tuple(cases.values()))
    return Draft(Artifact(file.address, file.kind, file.path, value, (), places)), ()


def _plain_cases(
    file: Accepted, said_lines: Sequence[tuple[int, Document | Finding]]
) -> Sequence[Case] | None:
    """Return the cases of a file of JSON lines of which none needs a closer look."""
    if file.path.endswith(".csv") or any(isinstance(said, Finding) for _, said in said_lines):
        return None
    lines = file.data.decode().split("\n")
    return validate_lines(Case, [lines[number - 1] for number, _ in said_lines])


def _case(said: Document | Finding) -> tuple[Case | None, Sequence[Finding]]:
    return (None, (said,)) if isinstance(said, Finding) else validate(Case, said)
