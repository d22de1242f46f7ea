"""Reading a registry: files in; typed artifacts, and everything that is wrong with them, out."""

from __future__ import annotations

from collections.abc import Sequence

from promptctl.checks.catalogue import FILE_RULES
from promptctl.core.kinds import kind_class
from promptctl.core.kinds.dataset import Case, Dataset
from promptctl.model import pipeline as pipelines
from promptctl.model.document import Document, Path, Place
from promptctl.model.findings import FINDINGS_PER_FILE, Finding
from promptctl.model.pipeline import Pipeline
from promptctl.model.registry import Artifact, Registry
from promptctl.store import jsonl, markdown, table, yaml_reader
from promptctl.store.bodies import Draft, complete
from promptctl.store.files import PIPELINE, SourceFile
from promptctl.store.intake import Accepted, accept, overlaps
from promptctl.store.references import references, unresolved
from promptctl.store.validation import validate

_MARKDOWN = frozenset(("prompt", "context_template", "partial"))


def read(files: Sequence[SourceFile]) -> Registry:
    """Return the registry that the files are. Never raises for bad content: that ends in `findings`.

    What could not be read whole is not among the `artifacts`; a name that leads nowhere is a finding and
    leaves its artifact in.
    """
    intake = accept(files)
    findings = [*intake.findings, *overlaps((each.path for each in files), intake.paths)]
    drafts = []
    for file in files:
        findings += (found for rule in FILE_RULES for found in rule.check(file.path, file.data))
    for each in intake.accepted:
        draft, problems = _draft(each)
        findings += problems
        if draft is not None:
            drafts.append(draft)
            findings += unresolved(each.path, draft.artifact.references, intake.paths)
    artifacts, problems = complete(drafts)
    findings += problems
    pipeline, problems = _pipeline(intake.pipeline)
    findings += problems
    return Registry(
        artifacts={each.address: each for each in sorted(artifacts, key=lambda each: each.address)},
        paths=dict(sorted(intake.paths.items())),
        sources={each.path: each.data for each in files},
        pipeline=pipeline,
        findings=tuple(sorted(findings)),
    )


def _pipeline(data: bytes | None) -> tuple[Pipeline, Sequence[Finding]]:
    """Return the pipeline; an empty one where there is none or it is wrong."""
    if data is None:
        return Pipeline(), ()
    document, findings = yaml_reader.read(data, PIPELINE)
    if document is None:
        return Pipeline(), findings
    pipeline, findings = validate(Pipeline, document)
    if pipeline is None:
        return Pipeline(), findings
    problems = tuple(pipelines.problems(pipeline, document))
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
    value, findings = validate(kind_class(file.kind), document)
    if value is None:
        return None, findings
    named, findings = references(value, document)
    if findings:
        return None, findings
    artifact = Artifact(file.address, file.kind, file.path, value, named, document.places, body_line)
    return Draft(artifact, body), ()


def _dataset(file: Accepted) -> tuple[Draft | None, Sequence[Finding]]:
    reader = table if file.path.endswith(".csv") else jsonl
    cases: dict[str, Case] = {}
    places: dict[Path, Place] = {}
    findings: list[Finding] = []
    for line, said in reader.read(file.data, file.path):
        case, problems = _case(said)
        findings += problems
        if len(findings) >= FINDINGS_PER_FILE:
            break
        if case is None:
            continue
        if case.id in cases:
            first = places[("cases", list(cases).index(case.id))].line
            message = f"the case id {case.id!r} is here twice, first on line {first}"
            findings.append(Finding(file.path, line, 1, "PC018", message, "give every case an id of its own"))
        else:
            places[("cases", len(cases))] = Place(line, 1)
            cases[case.id] = case
    if findings:
        return None, findings
    value = Dataset(tuple(cases.values()))
    return Draft(Artifact(file.address, file.kind, file.path, value, (), places)), ()


def _case(said: Document | Finding) -> tuple[Case | None, Sequence[Finding]]:
    return (None, (said,)) if isinstance(said, Finding) else validate(Case, said)
