"""What a rule is. There are six sorts, by what they look at: what sees less can be reused more often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from promptctl.model.document import Document, Path, Place
from promptctl.model.findings import FINDINGS_PER_FILE, Finding, Severity, printable

if TYPE_CHECKING:  # where nothing has changed, a rule is known by its name alone
    from promptctl.model.pipeline import Pipeline
    from promptctl.model.registry import Artifact, Registry


class Problem(NamedTuple):
    """One thing that a rule found; the rule's hint is used where it has none of its own."""

    path: str
    place: Place
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the readers refuse while they read: `about` says in one line what must hold.

    With `hides_source`, the line of the file is never shown: it holds what nobody must see.
    """

    code: str
    about: str
    hint: str = ""
    severity: Severity = "error"
    hides_source: bool = False

    def at(self, path: str, place: Place, message: str, hint: str = "") -> Finding:
        """Return the finding for one place; its hint is the rule's where it has none of its own."""
        line, column = place
        return Finding(printable(path), line, column, self.code, message, hint or self.hint, self.severity)

    def finding(self, each: Problem) -> Finding:
        """Return the finding for one problem."""
        return self.at(each.path, each.place, each.message, each.hint)

    def findings(self, problems: Iterable[Problem]) -> Iterator[Finding]:
        """Yield a finding for each problem of one file, up to the limit; the others are not looked for."""
        return map(self.finding, islice(problems, FINDINGS_PER_FILE))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRule(Refusal):
    """Looks at the path and the bytes of a file. What `stops` keeps a file from being read any further.

    `in_plain` says that a file of printable ASCII, tabs and line feeds can break it, as nearly all files are.
    """

    find: Callable[[str, bytes], Iterator[Problem]]
    stops: bool = False
    in_plain: bool = False

    def check(self, path: str, content: bytes) -> Iterator[Finding]:
        """Yield a finding for every place of the file, up to the limit, where the rule does not hold."""
        return self.findings(self.find(path, content))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignersRule(Refusal):
    """Looks at the path and the bytes of `allowed_signers` and `revoked_keys`, which are no YAML."""

    find: Callable[[str, bytes], Iterator[Problem]]

    def check(self, path: str, content: bytes) -> Iterator[Finding]:
        """Yield a finding for every place of the file, up to the limit, where the rule does not hold."""
        return self.findings(self.find(path, content))


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRule(Refusal):
    """Looks at `promptctl.yaml`, each value of which has the right type by then."""

    find: Callable[[Pipeline, Document], Iterator[Problem]]

    def check(self, pipeline: Pipeline, document: Document) -> Iterator[Finding]:
        """Yield a finding for every place of the file, up to the limit, where the rule does not hold."""
        return self.findings(self.find(pipeline, document))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Refusal):
    """Looks at one artifact of `kinds` and at what it reaches through references, never at anything else of
    the registry: what it found is true as long as these files stay as they are.
    """

    kinds: tuple[str, ...]
    find: Callable[[Artifact, Registry], Iterator[Problem]]

    def check(self, artifact: Artifact, registry: Registry) -> Iterator[Finding]:
        """Yield a finding for every place, up to the limit, where the rule does not hold."""
        return self.findings(self.find(artifact, registry) if artifact.kind in self.kinds else ())


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a registry without reading its artifacts: `paths` has the file of every address.

    `unread` are the addresses whose files have findings that keep them from being read.
    """

    paths: Mapping[str, str]
    unread: frozenset[str]
    pipeline: Pipeline
    has_pipeline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRule(Refusal):
    """Compares artifacts that need not know each other.

    `gather` says, as plain JSON, all that the rule needs of one artifact of `kinds`; `find` is given this by
    address and never sees the artifacts themselves. As it speaks of all files at once, it sees to it itself
    that it finds no more than `FINDINGS_PER_FILE` in one.
    """

    kinds: tuple[str, ...] = ()
    gather: Callable[[Artifact], Any] | None = None
    find: Callable[[Outline, Mapping[str, Any]], Iterator[Problem]]

    def check(self, outline: Outline, gathered: Mapping[str, Any]) -> Iterator[Finding]:
        """Yield a finding for every place where the rule does not hold."""
        return map(self.finding, self.find(outline, gathered))


def at(artifact: Artifact, path: Path, message: str, hint: str = "") -> Problem:
    """Return a problem at the value of an artifact."""
    return Problem(artifact.path, artifact.place(path), message, hint)


def in_document(document: Document, path: Path, message: str, hint: str = "") -> Problem:
    """Return a problem at the value of a document."""
    return Problem(document.path, document.place(path), message, hint)


def place_of(content: bytes, offset: int) -> Place:
    """Return the place of a byte, its column in characters."""
    begin = content.rfind(b"\n", 0, offset) + 1
    column = len(content[begin:offset].decode("utf-8", "replace")) + 1
    return Place(content.count(b"\n", 0, offset) + 1, column)


def settings_of(path: str, content: bytes) -> bytes:
    """Return what is YAML in a file, from its first byte: all of it, or its front matter."""
    if path.endswith(".yaml"):
        return content
    if path.endswith((".md", ".prompty")) and content.startswith(b"---\n"):
        return content.partition(b"\n---\n")[0]
    return b""
