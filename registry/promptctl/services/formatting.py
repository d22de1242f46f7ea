"""Fmt: every file of the registry in one layout, saying exactly what it said before.

Line ends and byte order marks are mended in all files; YAML and front matter are laid out anew; the bodies of
Markdown files are text that a model reads, and stay. Nothing is written that a strict reading takes for
something else than what was there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptctl.checks.of_files import FILE_RULES
from promptctl.core.names import KINDS
from promptctl.errors import UsageError
from promptctl.model.findings import Finding
from promptctl.store import jsonl, markdown, registry, table, yaml_reader
from promptctl.store.files import PIPELINE, SourceFile
from promptctl.store.intake import SUFFIXES
from promptctl.store.replacing import replace
from promptctl.store.yaml_layout import laid_out

_BOM = re.compile(rb"\A(\xef\xbb\xbf)+")
_CR_LF = re.compile(rb"\r+\n")
_FENCE = len(b"---\n")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^"{}\[\],:\s]+')
_JSON_SPACED = {",": ", ", ":": ": "}


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is not in its layout, as it is and as it should be."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Formatting:
    """What fmt would do, sorted by path.

    `findings` are those of the files that cannot be read, and `kept` are files whose layout would have
    changed what they say: both stay as they are. `files_count` is of all that were looked at.
    """

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    kept: tuple[str, ...]
    files_count: int

    @property
    def is_clean(self) -> bool:
        """Whether every file could be laid out."""
        return not self.findings and not self.kept


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a strict reading takes from a file, as text; None where it cannot be read."""

    said: str | None
    findings: tuple[Finding, ...] = ()


def plan(files: Iterable[SourceFile], only: Sequence[str] = ()) -> Formatting:
    """Return what has to change for all files to be in their layout. Files that are of no kind are left out.

    `only` are paths of files or folders in the registry. Raise `UsageError` for one where there is nothing.
    """
    chosen = [each for each in _chosen(list(files), only) if _is_of_a_kind(each.path)]
    changes, kept = [], []
    findings: list[Finding] = []
    for file in chosen:
        mended = _mend(file.path, file.data)
        meaning = _meaning(file, mended)
        if meaning.said is None:
            findings += _findings(file, mended) or meaning.findings
            continue
        after = _LAYOUTS[_suffix(file.path)](mended)
        if _ink(after) != _ink(mended) or _meaning(file, after) != meaning:
            kept.append(file.path)
        elif after != file.data:
            changes.append(Change(file.path, file.data, after))
    return Formatting(tuple(changes), tuple(sorted(findings)), tuple(kept), len(chosen))


def apply(root: Path, changes: Iterable[Change]) -> None:
    """Write the files. Raise `RefusedError` where one was changed meanwhile; those before it are written."""
    for each in changes:
        replace(root, each.path, each.before, each.after)


def holds_secret(change: Change) -> bool:
    """Say whether no line of the file must be printed."""
    rules = [each for each in FILE_RULES if each.hides_source]
    return any(True for rule in rules for _ in rule.check(change.path, change.after))


def _chosen(files: Sequence[SourceFile], only: Sequence[str]) -> list[SourceFile]:
    chosen = {each.path: each for each in files} if not only else {}
    for path in only:
        inside = {each.path: each for each in files if path == "." or f"{each.path}/".startswith(f"{path}/")}
        if not inside:
            raise UsageError(f"{path} is no file of the registry", hint="promptctl list")
        chosen |= inside
    return [chosen[path] for path in sorted(chosen)]


def _is_of_a_kind(path: str) -> bool:
    kind = KINDS.get(path.partition("/")[0])
    return path == PIPELINE or (kind is not None and _suffix(path) in SUFFIXES[kind])


def _suffix(path: str) -> str:
    return path[path.rfind(".") :]


def _mend(path: str, content: bytes) -> bytes:
    """Return a file without byte order mark and CR LF; a CR alone ends a line of YAML too."""
    content = _CR_LF.sub(b"\n", _BOM.sub(b"", content))
    if _suffix(path) == ".yaml":
        return content.replace(b"\r", b"\n")
    front = markdown.split(content)[0] if _suffix(path) in (".md", ".prompty") else b""
    if not front:
        return content
    mended = _BOM.sub(b"", front).replace(b"\r", b"\n")
    whole = content[:_FENCE] + mended + content[_FENCE + len(front) :]
    # Mended, a line inside may be one that ends the front matter.
    return whole if markdown.split(whole)[0] == mended else content


def _findings(file: SourceFile, mended: bytes) -> list[Finding]:
    """Return what the reader of the registry says about a file that cannot be read."""
    size_bytes = len(mended) if file.data else file.size_bytes
    again = SourceFile(file.path, mended, file.mode, size_bytes)
    return [each for each in registry.read([again]).findings if each.path == file.path]


def _ink(content: bytes) -> bytes:
    """Return all that is not space: the layout adds nothing, loses nothing and moves nothing."""
    return b"".join(content.split())


def _meaning(file: SourceFile, content: bytes) -> _Meaning:
    """Return all that the strict readers take from a file with this content: values in order, and bodies."""
    if not file.is_regular or file.size_bytes != len(file.data) or b"\0" in content or b"\r" in content:
        return _Meaning(None)
    try:
        content.decode()
    except UnicodeDecodeError:
        return _Meaning(None)
    return _READERS[_suffix(file.path)](content, file.path)


def _of_yaml(content: bytes, path: str) -> _Meaning:
    document, findings = yaml_reader.read(content, path)
    if document is None:
        return _Meaning(None, findings)
    return _Meaning(json.dumps([document.value, list(document.plain.values())]))


def _of_markdown(content: bytes, path: str) -> _Meaning:
    parts, findings = markdown.read(content, path)
    if parts is None:
        return _Meaning(None, findings)
    return _Meaning(json.dumps([parts.document.value, list(parts.document.plain.values()), parts.body]))


def _of_lines(content: bytes, path: str) -> _Meaning:
    lines = (jsonl if _suffix(path) == ".jsonl" else table).read(content, path)
    said = [each for _, each in lines]
    findings = tuple(each for each in said if isinstance(each, Finding))
    values = [each.value for each in said if not isinstance(each, Finding)]
    return _Meaning(None, findings) if findings else _Meaning(json.dumps(values))


def _yaml(content: bytes) -> bytes:
    return laid_out(content.decode()).encode()


def _markdown(content: bytes) -> bytes:
    front = markdown.split(content)[0]
    if not front:
        return content
    return content[:_FENCE] + _yaml(front) + content[_FENCE + len(front) :]


def _json_lines(content: bytes) -> bytes:
    lines = [_json_line(line) for line in content.decode().split("\n")]
    return "".join(f"{line}\n" for line in lines if line).encode()


def _json_line(line: str) -> str:
    """Return a line of JSON with one space after `,` and `:`; strings and numbers stay as written."""
    tokens = _JSON_TOKEN.findall(line)
    return "".join(_JSON_SPACED.get(each, each) for each in tokens)


def _table(content: bytes) -> bytes:
    return content if not content or content.endswith((b"\n", b"\r")) else content + b"\n"


_LAYOUTS = {".yaml": _yaml, ".md": _markdown, ".prompty": _markdown, ".jsonl": _json_lines, ".csv": _table}
_READERS: Mapping[str, Callable[[bytes, str], _Meaning]] = {
    ".yaml": _of_yaml,
    ".md": _of_markdown,
    ".prompty": _of_markdown,
    ".jsonl": _of_lines,
    ".csv": _of_lines,
}
