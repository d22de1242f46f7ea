"""Which files are artifacts, and what is refused before anything in them is parsed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from unicodedata import normalize

from promptctl.checks import (
    file_sizes,
    git_attributes,
    illegal_names,
    misplaced_files,
    overlapping_names,
    secrets,
    special_files,
    two_files_of_one_name,
)
from promptctl.checks.of_files import FILE_RULES, SIGNERS_RULES
from promptctl.core.names import FOLDERS, KINDS, name_problem
from promptctl.model.document import Place
from promptctl.model.findings import Finding, printable
from promptctl.store.files import PIPELINE, SIGNERS, SourceFile
from promptctl.store.objects import SUBMODULE, SYMLINK

SUFFIXES = dict.fromkeys(FOLDERS, (".yaml",)) | {
    "prompt": (".md", ".prompty"),
    "context_template": (".md",),
    "partial": (".md",),
    "dataset": (".jsonl", ".csv"),
}
"""The extensions of a kind's files, the usual one first."""

_WHOLE = Place(0, 0)
_IGNORED = re.compile(r"/(?:[_.]|README\.md(?:/|\Z))")
_NO_FILES = {SYMLINK: "a symlink", SUBMODULE: "a submodule"}
_PLAIN = bytes([9, 10, *range(32, 127)])
_PLAIN_RULES = tuple(each for each in FILE_RULES if each.in_plain)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file whose bytes may be parsed: valid UTF-8 with LF line ends, within the limits."""

    address: str
    kind: str
    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Intake:
    """`pipeline` is the content of `promptctl.yaml`, None where it is missing or refused."""

    accepted: tuple[Accepted, ...]
    pipeline: bytes | None
    findings: tuple[Finding, ...]


@cache
def address_in(path: str) -> str:
    """Return the address of the artifact in a file, empty where the path makes none."""
    stem = _stem(path) if _is_artifact(path) else ""
    return "" if name_problem(stem.partition("/")[2]) else stem


def names_of(paths: Iterable[str]) -> dict[str, str]:
    """Return the file of every address, sorted; where two files have one, it is the first's."""
    return first_files((address_in(path), path) for path in paths)


def first_files(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the file of every address from pairs of the two, sorted; of two files with one, the first."""
    return dict(sorted({address: path for address, path in sorted(named, reverse=True) if address}.items()))


def accept(files: Iterable[SourceFile], names: Mapping[str, str]) -> Intake:
    """Sort files into artifacts and refusals; what belongs to no folder of a kind is passed over.

    `names` has the file of every address of the registry, of which these are a part.
    """
    findings: list[Finding] = []
    accepted: list[Accepted] = []
    pipeline = None
    for file in sorted(files, key=lambda each: each.path):
        if file.path == PIPELINE:
            problems, is_readable = _look(file)
            pipeline = file.data if is_readable else None
        elif _is_artifact(file.path):
            problems, is_readable = _look(file)
            address = address_in(file.path)
            if not address:
                problems += [_misnamed(file.path)] if file.is_regular else []
            elif is_readable and names[address] == file.path:
                kind = KINDS[address.partition("/")[0]]
                accepted.append(Accepted(address, kind, file.path, file.data))
        elif file.path in SIGNERS:
            problems = _unread(file) or _of_signers(file)
        elif file.path.rpartition("/")[2] == git_attributes.NAME:
            problems = [*git_attributes.RULE.findings(git_attributes.problems(file.path, file.data))]
        else:
            continue
        findings += problems
    return Intake(tuple(accepted), pipeline, tuple(findings))


def _is_artifact(path: str) -> bool:
    return path.partition("/")[0] in KINDS and _IGNORED.search(path) is None


def _stem(path: str) -> str:
    """Return what stands before a file's extension; empty where it has none of its folder's kind."""
    suffixes = SUFFIXES[KINDS[path.partition("/")[0]]]
    return next((path.removesuffix(each) for each in suffixes if path.endswith(each)), "")


def _misnamed(path: str) -> Finding:
    """Return what is wrong with a path that makes no address."""
    folder, _, name = _stem(path).partition("/")
    if folder:
        problem = printable(name_problem(name) or "")
        return illegal_names.RULE.at(path, _WHOLE, f"not a name: {problem}")
    folder = path.partition("/")[0]
    kind = KINDS[folder]
    said = kind.replace("_", " ")
    message = f"{folder}/ holds files that end in {' or '.join(SUFFIXES[kind])}, one for each {said}"
    hint = f"rename it to end in {SUFFIXES[kind][0]}, or move it elsewhere"
    return misplaced_files.RULE.at(path, _WHOLE, message, hint)


def _unread(file: SourceFile) -> list[Finding]:
    """Return why a file has no bytes that could be looked at, if so."""
    if not file.is_regular:
        what = _NO_FILES.get(file.mode, "not a regular file")
        return [special_files.RULE.at(file.path, _WHOLE, f"this is {what}")]
    if file.size_bytes > len(file.data):
        return [file_sizes.RULE.finding(file_sizes.problem(file.path, file.size_bytes))]
    return []


def _of_signers(file: SourceFile) -> list[Finding]:
    """Return what is wrong with a file of signers; of a private key in it, that alone."""
    for stopping in (secrets.RULE, file_sizes.RULE):
        if found := list(stopping.check(file.path, file.data)):
            return found
    return [each for rule in SIGNERS_RULES for each in rule.check(file.path, file.data)]


def _look(file: SourceFile) -> tuple[list[Finding], bool]:
    """Return what the rules of bytes find in a file, and whether it may be read on."""
    unread = _unread(file)
    if unread:
        return unread, False
    findings: list[Finding] = []
    is_readable = True
    for rule in FILE_RULES if file.data.translate(None, _PLAIN) else _PLAIN_RULES:
        for each in rule.check(file.path, file.data):
            findings.append(each)
            is_readable = is_readable and not rule.stops
    return findings, is_readable


def overlaps(files: Iterable[str], paths: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the files that would be in each other's way in some checkout or release tree.

    `files` are all files of a registry, `paths` has the file of every address.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for path in files:
        stem = _stem(path) if _is_artifact(path) and paths.get(address_in(path)) != path else ""
        if stem:
            alike[normalize("NFC", stem).casefold()].append(path)
    for stem, unnamed in alike.items():
        named = [paths[stem]] if stem in paths else []
        first, *others = sorted([*named, *unnamed])
        for other in others:
            yield _overlap(first, other)
    for address, path in paths.items():
        parent = address.rpartition("/")[0]
        while "/" in parent:
            if parent in paths:
                message = f"{parent} is an artifact and cannot be a folder too"
                hint = f"rename {paths[parent]} or the folder"
                yield overlapping_names.RULE.at(path, _WHOLE, message, hint)
            parent = parent.rpartition("/")[0]


def _overlap(first: str, other: str) -> Finding:
    if first.rpartition(".")[0] == other.rpartition(".")[0]:
        return two_files_of_one_name.RULE.at(other, _WHOLE, f"{printable(first)} has the same name")
    message = f"{printable(first)} differs only in case or normalisation"
    return overlapping_names.RULE.at(other, _WHOLE, message)
