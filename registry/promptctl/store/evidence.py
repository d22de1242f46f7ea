"""The branch `evidence`: statements named by their own hash, in a folder per release. Append-only.

`evidence/<address>/<first 12 of the digest>/<sha256 of the statement>.json`. Files of different writers never
collide, so a writer who loses a race builds the same files on the new head and pushes again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promptctl.core.names import EVIDENCE_BRANCH
from promptctl.core.written import short
from promptctl.errors import IntegrityError, LostRaceError
from promptctl.model.evidence import EXPERIMENT, Experiment, Recorded, name_of, parse
from promptctl.store.environments import Person
from promptctl.store.objects import REGULAR, TREE, Objects, TreeEntry
from promptctl.store.repository import Repository

ATTEMPTS = 40
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Found:
    """The experiments recorded for one digest, by name; `unsound` says why others cannot be used."""

    experiments: tuple[Recorded, ...]
    unsound: tuple[str, ...] = ()


def folder_of(address: str, digest: str) -> str:
    """Return the folder of a digest's statements."""
    return f"evidence/{address}/{short(digest.partition(':')[2])}"


def find(repository: Repository, address: str, digest: str) -> Found:
    """Return the experiments of one digest as last fetched; what is not exactly a statement never counts."""
    head = repository.refs.read(EVIDENCE_BRANCH)
    folder = folder_of(address, digest)
    entries = (repository.objects.tree(f"{head}:{folder}") or []) if head else []
    names = [each.name.removesuffix(_SUFFIX) for each in entries if each.name.endswith(_SUFFIX)]
    stored = repository.objects.read_many([f"{head}:{folder}/{name}{_SUFFIX}" for name in names])
    recorded, unsound = [], []
    for name, each in zip(names, stored, strict=True):
        try:
            experiment = parse(each.data if each else b"", sha256=name)
        except IntegrityError as error:
            unsound += [error.message] if each is None or _claims_to_be_one(each.data) else []
            continue
        if (experiment.address, experiment.digest) == (address, digest):
            recorded.append(Recorded(name, experiment))
    return Found(tuple(recorded), tuple(unsound))


def add(
    repository: Repository,
    experiments: Sequence[Experiment],
    *,
    person: Person,
    now: datetime,
    pause: Callable[[int], None],
) -> tuple[str, ...]:
    """Record experiments in one push and return their names; those that are there already stay as they are.

    `pause(n)` waits a jittered while before attempt n + 1. Raise `LostRaceError` after `ATTEMPTS` lost races.
    """
    files = {}
    for each in experiments:
        content = each.to_bytes()
        files[f"{folder_of(each.address, each.digest)}/{name_of(content)}{_SUFFIX}"] = content
    title = f"Evidence for {', '.join(sorted({each.address for each in experiments}))}"
    for attempt in range(1, ATTEMPTS + 1):
        repository.refs.fetch([EVIDENCE_BRANCH])
        head = repository.refs.read(EVIDENCE_BRANCH)
        commit = _commit(repository.objects, head, files, title, person.line(now))
        if commit is None:
            break
        try:
            repository.refs.push(EVIDENCE_BRANCH, commit, head)
            break
        except LostRaceError:
            pause(attempt)
    else:
        raise LostRaceError(
            f"the evidence branch was moved by others {ATTEMPTS} times in a row",
            hint="run the command again: answers are kept",
        )
    return tuple(path.rpartition("/")[2].removesuffix(_SUFFIX) for path in files)


def _claims_to_be_one(content: bytes) -> bool:
    """Tell experiments from statements of other kinds, and from files too large to be read."""
    return not content or EXPERIMENT.encode() in content


def _commit(
    objects: Objects, head: str | None, files: Mapping[str, bytes], title: str, line: bytes
) -> str | None:
    """Stage the commit that adds the files; None where the head has them all."""
    old = objects.read(f"{head}^{{tree}}") if head else None
    blobs = {path: objects.write_blob(content) for path, content in files.items()}
    tree = _with_files(objects, old.oid if old else None, blobs)
    if old is not None and tree == old.oid:
        return None
    parents = [f"parent {head}".encode()] if head else []
    lines = [f"tree {tree}".encode(), *parents, b"author " + line, b"committer " + line, b"", title.encode()]
    return objects.write_commit(b"\n".join(lines) + b"\n")


def _with_files(objects: Objects, tree: str | None, blobs: Mapping[str, str]) -> str:
    """Stage a tree with further files, touching only the folders on their way; return its id."""
    entries = {each.name: each for each in (objects.tree(tree) or [] if tree else [])}
    below: dict[str, dict[str, str]] = {}
    for path, oid in blobs.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = oid
        else:
            entries[name] = TreeEntry(REGULAR, "blob", oid, name)
    for name, inner in below.items():
        known = entries.get(name)
        subtree = _with_files(objects, known.oid if known and known.type == "tree" else None, inner)
        entries[name] = TreeEntry(TREE, "tree", subtree, name)
    return objects.write_tree(entries.values())
