"""Which files are artifacts, and what is refused before anything in them is parsed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from unicodedata import normalize

from promptctl.core.limits import PUBLISH
from promptctl.core.names import FOLDERS, KINDS, address_of, name_problem
from promptctl.model.document import Place
from promptctl.model.findings import Finding
from promptctl.store.files import PIPELINE, SourceFile
from promptctl.store.objects import SUBMODULE, SYMLINK

SUFFIXES = dict.fromkeys(FOLDERS, (".yaml",)) | {
    "prompt": (".md", ".prompty"),
    "context_template": (".md",),
    "partial": (".md",),
    "dataset": (".jsonl", ".csv"),
}
"""The extensions of a kind's files, the usual one first."""

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_LF = "save it with LF line ends; `* text=auto eol=lf` in .gitattributes keeps them"
_NO_FILES = {SYMLINK: "a symlink", SUBMODULE: "a submodule"}


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


def names_of(paths: Iterable[str]) -> dict[str, str]:
    """Return the file of every address, sorted; where two files have one, it is the first's."""
    named = ((_address(path)[0], path) for path in sorted(paths, reverse=True) if _is_artifact(path))
    return dict(sorted({address: path for address, path in named if address}.items()))


def accept(files: Iterable[SourceFile], names: Mapping[str, str]) -> Intake:
    """Sort files into artifacts and refusals; what belongs to no folder of a kind is passed over.

    `names` has the file of every address of the registry, of which these are a part.
    """
    findings: list[Finding] = []
    accepted: list[Accepted] = []
    pipeline = None
    for file in sorted(files, key=lambda each: each.path):
        if file.path == PIPELINE:
            problems = list(_problems(file))
            pipeline = None if problems else file.data
        elif _is_artifact(file.path):
            address, problems = _address(file.path)
            problems = list(_problems(file)) + (problems if file.is_regular else [])
            if address and names[address] == file.path and not problems:
                accepted.append(Accepted(address, KINDS[address.partition("/")[0]], file.path, file.data))
        else:
            continue
        findings += problems
    return Intake(tuple(accepted), pipeline, tuple(findings))


def _is_artifact(path: str) -> bool:
    folder, *rest = path.split("/")
    ignored = any(each.startswith(("_", ".")) or each == "README.md" for each in rest)
    return folder in KINDS and not ignored


def _address(path: str) -> tuple[str, list[Finding]]:
    """Return the address of a file, or an empty one and a finding."""
    folder, _, rest = path.partition("/")
    kind = KINDS[folder]
    suffix = next((each for each in SUFFIXES[kind] if rest.endswith(each)), None)
    if suffix is None:
        said = kind.replace("_", " ")
        message = f"{folder}/ holds files that end in {' or '.join(SUFFIXES[kind])}, one for each {said}"
        hint = f"rename it to end in {SUFFIXES[kind][0]}, or move it elsewhere"
        return "", [_finding(path, Place(0, 0), "PC011", message, hint)]
    name = rest.removesuffix(suffix)
    problem = name_problem(name)
    if problem:
        return "", [
            _finding(path, Place(0, 0), "PC008", f"not a name: {_printable(problem)}", "rename the file")
        ]
    return address_of(kind, name), []


def _problems(file: SourceFile) -> Iterator[Finding]:
    """Yield what is wrong with a file as bytes."""
    if not file.is_regular:
        what = _NO_FILES.get(file.mode, "not a regular file")
        yield _finding(file.path, Place(0, 0), "PC006", f"this is {what}", "put the file itself here")
    elif max(file.size_bytes, len(file.data)) > PUBLISH.file_size_bytes:
        message = f"{file.size_bytes:,} bytes; a file has at most {PUBLISH.file_size_bytes:,}"
        yield _finding(file.path, Place(0, 0), "PC005", message, "split it")
    elif file.data.startswith(_LFS_POINTER):
        hint = f"git lfs untrack {file.path}, and add the file again"
        yield _finding(file.path, Place(1, 1), "PC007", "a pointer of Git LFS, not the file itself", hint)
    else:
        yield from _problems_of_bytes(file.path, file.data)


def _problems_of_bytes(path: str, data: bytes) -> Iterator[Finding]:
    if data.startswith(b"\xef\xbb\xbf"):
        yield _finding(path, Place(1, 1), "PC002", "begins with a byte order mark", "save it without one")
    if b"\0" in data:
        yield _finding(path, _place(data, data.index(b"\0")), "PC003", "holds a NUL character", "remove it")
    if b"\r\n" in data:
        place = _place(data, data.index(b"\r\n"))
        yield _finding(path, place, "PC004", "lines end with CR LF, expected LF", _LF)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        place = _place(data, error.start)
        yield _finding(path, place, "PC001", f"not UTF-8: byte 0x{data[error.start]:02x}", "save it as UTF-8")


def overlaps(files: Iterable[str], paths: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the files that would be in each other's way in some checkout or release tree.

    `files` are all files of a registry, `paths` has the file of every address.
    """
    stems: dict[str, list[str]] = defaultdict(list)
    for path in sorted(filter(_is_artifact, files)):
        folder, _, rest = path.partition("/")
        suffix = next((each for each in SUFFIXES[KINDS[folder]] if rest.endswith(each)), None)
        if suffix is not None:
            stems[normalize("NFC", path.removesuffix(suffix)).casefold()].append(path)
    for first, *others in stems.values():
        for other in others:
            yield _overlap(first, other)
    for address, path in paths.items():
        for parent in accumulate(address.split("/")[:-1], lambda left, right: f"{left}/{right}"):
            if parent in paths:
                message = f"{parent} is an artifact and cannot be a folder too"
                yield _finding(path, Place(0, 0), "PC010", message, f"rename {paths[parent]} or the folder")


def _overlap(first: str, other: str) -> Finding:
    if first.rpartition(".")[0] == other.rpartition(".")[0]:
        return _finding(other, Place(0, 0), "PC009", f"{first} has the same name", "keep one of the two")
    message = f"{_printable(first)} differs only in case or normalisation"
    return _finding(other, Place(0, 0), "PC010", message, "rename one of the two")


def _place(data: bytes, offset: int) -> Place:
    """Return the place of a byte, its column in characters."""
    begin = data.rfind(b"\n", 0, offset) + 1
    column = len(data[begin:offset].decode("utf-8", "replace")) + 1
    return Place(data.count(b"\n", 0, offset) + 1, column)


def _finding(path: str, place: Place, code: str, message: str, hint: str) -> Finding:
    return Finding(_printable(path), place.line, place.column, code, message, hint)


def _printable(text: str) -> str:
    """Return a path with what is not UTF-8 in it replaced, so that it can be printed anywhere."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
