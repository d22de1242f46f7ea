"""The branch `evidence`: statements named by their own hash, in a folder per release. Append-only.

`evidence/<address>/<first 12 of the digest>/<sha256 of the statement>.json`, and beside it `….json.sig`, the
signature over its bytes. Files of different writers never collide, so a writer who loses a race builds the
same files on the new head and pushes again.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from promptctl.core.limits import LOAD, SIGNATURE_BYTES
from promptctl.core.names import EVIDENCE_BRANCH
from promptctl.core.written import short
from promptctl.errors import IntegrityError, LostRaceError, RefusedError
from promptctl.gitcmd import end
from promptctl.model.evidence import Experiment, Recorded
from promptctl.model.in_toto import name_of, refusal
from promptctl.model.statements import (
    Approval,
    Revocation,
    Signed,
    Statement,
    Waiver,
    made_at,
    parse,
    standing,
    word_of,
)
from promptctl.store.environments import Person, commit_bytes
from promptctl.store.evidence_history import former
from promptctl.store.objects import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, TREE, Objects, TreeEntry
from promptctl.store.repository import Repository

if TYPE_CHECKING:
    from promptctl.store.signers import Signer, Signers

__all__ = ["Found", "Signed", "add", "find", "folder_of", "locate", "read"]

ATTEMPTS = 40
ROOT = "evidence"
SUFFIX = ".json"
SIGNATURE = ".json.sig"
_NAME = re.compile(r"[0-9a-f]{64}")
_MODES = {
    EXECUTABLE: "an executable file",
    SYMLINK: "a symbolic link",
    SUBMODULE: "a submodule",
    TREE: "a folder",
}
_CHUNK_BYTES = 65_536
_PATHS_BYTES = 1024 * 1024 * 1024  # some seven million names; nested trees that name each other have no end
T = TypeVar("T", Approval, Revocation, Waiver)


@dataclass(frozen=True, slots=True)
class Found:
    """What counts of one digest's statements, each kind by name. Revoked ones are left out.

    Approvals, waivers and revocations are soundly signed by whom they say they are by. An experiment whose
    signature is not sound is left out too; one without a signature has no signer. `unsound` says of each
    statement that counts for nothing why. `revoked` has the names of those that would count if nobody had
    revoked them, each with its signer.
    """

    experiments: tuple[Recorded, ...] = ()
    unsound: tuple[str, ...] = ()
    approvals: tuple[Signed[Approval], ...] = ()
    waivers: tuple[Signed[Waiver], ...] = ()
    revocations: tuple[Signed[Revocation], ...] = ()
    revoked: Mapping[str, str | None] = field(default_factory=dict)


def folder_of(address: str, digest: str) -> str:
    """Return the folder of a digest's statements."""
    return f"{ROOT}/{address}/{short(digest.partition(':')[2])}"


def find(
    repository: Repository,
    address: str,
    digest: str,
    signers: Signers | None = None,
    *,
    now: datetime | None = None,
) -> Found:
    """Return what counts of one digest's statements, as last fetched.

    Without `signers` nobody's signature is sound. With `now`, what was signed in the future never counts.
    """
    head = repository.refs.read(EVIDENCE_BRANCH)
    if head is None:
        return Found()
    looked_at = _Checks(repository.objects, signers, now)
    folder = folder_of(address, digest)
    try:
        sound, problems = looked_at.folder(folder, _files(repository, head, folder))
    except RefusedError as error:
        sound, problems = [], [error.message]
    about = [each for each in sound if (each.statement.address, each.statement.digest) == (address, digest)]
    revocations = standing(_of(about, Revocation))
    gone = {each.statement.statement for each in revocations}
    left = [each for each in about if each.sha256 not in gone]
    return Found(
        tuple(each.recorded for each in left if isinstance(each.statement, Experiment)),
        tuple(problems),
        _of(left, Approval),
        _of(left, Waiver),
        revocations,
        {each.sha256: each.signer for each in about if each.sha256 in gone},
    )


def locate(repository: Repository, prefix: str) -> dict[str, tuple[str, ...]]:
    """Return the statements, as last fetched, whose names begin with `prefix`, each with its folders."""
    head = repository.refs.read(EVIDENCE_BRANCH)
    found: dict[str, tuple[str, ...]] = {}
    for folder, file in _places(repository, head) if head else ():
        name = file.removesuffix(SUFFIX)
        if name.startswith(prefix) and file.endswith(SUFFIX) and _NAME.fullmatch(name):
            found[name] = tuple(sorted({*found.get(name, ()), folder}))
    return dict(sorted(found.items()))


def read(repository: Repository, sha256: str, folders: Iterable[str]) -> Statement:
    """Return the statement of that name, whoever signed it.

    Raise `IntegrityError` where in none of the folders stands what has this name and belongs there.
    """
    head = repository.refs.read(EVIDENCE_BRANCH)
    problem = refusal(sha256, "statement", "it is not there")
    for folder in folders:
        try:
            entries = {each.name: each for each in _files(repository, head, folder)} if head else {}
            content = _content(repository.objects, entries.get(sha256 + SUFFIX), LOAD.bundle_size_bytes)
            statement = parse(content, sha256=sha256)
        except IntegrityError as error:
            problem = error
            continue
        if folder_of(statement.address, statement.digest) == folder:
            return statement
    raise problem


def add(
    repository: Repository,
    statements: Sequence[Statement],
    *,
    person: Person,
    now: datetime,
    pause: Callable[[int], None],
    signer: Signer | None = None,
    signers: Signers | None = None,
) -> tuple[str, ...]:
    """Record statements in one push and return their names; what is there already stays as it is.

    `pause(n)` waits a jittered while before attempt n + 1. With `signer` each is signed. With `signers`,
    raise `RefusedError`, before anything is pushed, where that signature would not be sound. Raise
    `IntegrityError` where other bytes stand under a statement's name, `LostRaceError` after `ATTEMPTS` lost
    races.
    """
    files: dict[str, bytes] = {}
    for each in statements:
        files |= _written(each, signer, signers, now)
    names = tuple(name_of(each.to_bytes()) for each in statements)
    title = f"Evidence for {', '.join(sorted({each.address for each in statements}))}"
    for attempt in range(1, ATTEMPTS + 1):
        repository.refs.fetch([EVIDENCE_BRANCH])
        _refuse_deleted(repository)
        head = repository.refs.read(EVIDENCE_BRANCH)
        commit = _commit(repository.objects, head, files, title, person.line(now))
        if commit is None:
            return names
        try:
            repository.refs.push(EVIDENCE_BRANCH, commit, head)
        except LostRaceError:
            pause(attempt)
        else:
            return names
    raise LostRaceError(
        f"the evidence branch was moved by others {ATTEMPTS} times in a row",
        hint="run the command again: answers are kept",
    )


def _written(
    statement: Statement, signer: Signer | None, signers: Signers | None, now: datetime
) -> dict[str, bytes]:
    """Return the files of a statement by path; raise as `add` does."""
    content = statement.to_bytes()
    place = f"{folder_of(statement.address, statement.digest)}/{name_of(content)}"
    if signer is None:
        return {place + SUFFIX: content}
    signature = signer.sign(content)
    _refuse_unsound(statement, content, signature, signers, now)
    return {place + SUFFIX: content, place + SIGNATURE: signature}


@dataclass(frozen=True, slots=True)
class _Sound:
    """A statement that stands where it belongs; the signer of an experiment may be missing."""

    sha256: str
    statement: Statement
    signer: str | None
    problem: str = ""

    @property
    def recorded(self) -> Recorded:
        assert isinstance(self.statement, Experiment)  # noqa: S101 - for mypy
        return Recorded(self.sha256, self.statement, self.signer, self.problem)


def _of(found: Iterable[_Sound], kind: type[T]) -> tuple[Signed[T], ...]:
    return tuple(
        Signed(each.sha256, each.statement, each.signer)
        for each in found
        if isinstance(each.statement, kind) and each.signer is not None
    )


@dataclass(frozen=True, slots=True)
class _Checks:
    """What a statement must be to count, whatever else it says."""

    objects: Objects
    signers: Signers | None
    now: datetime | None

    def folder(self, folder: str, entries: Iterable[TreeEntry]) -> tuple[list[_Sound], list[str]]:
        """Return the sound statements of a folder by name, and of each other why it is not."""
        sound, problems = [], []
        for name, files in sorted(_by_name(entries).items()):
            try:
                sound.append(self._statement(folder, name, files))
            except IntegrityError as error:
                problems.append(error.message)
        return sound, problems

    def _statement(self, folder: str, name: str, files: Mapping[str, TreeEntry]) -> _Sound:
        if _NAME.fullmatch(name) is None:
            raise IntegrityError(f"{folder} holds {name!a}, and no statement is called so")
        if SUFFIX not in files:
            raise IntegrityError(f"there is a signature of the statement {short(name)}, and no statement")
        try:
            content = _content(self.objects, files[SUFFIX], LOAD.bundle_size_bytes)
        except IntegrityError as error:
            raise refusal(name, "statement", error.message) from None
        statement = parse(content, sha256=name)
        if folder_of(statement.address, statement.digest) != folder:
            about = f"{statement.address} with the digest {short(statement.digest)}"
            raise refusal(name, word_of(statement), f"it is about {about}, and stands in {folder}")
        try:
            return self._signed(name, statement, content, files.get(SIGNATURE))
        except IntegrityError as error:
            message = f"the {word_of(statement)} {short(name)} does not count: {error.message}"
            raise IntegrityError(message) from None

    def _signed(self, name: str, statement: Statement, content: bytes, file: TreeEntry | None) -> _Sound:
        """Return it with who signed it; raise `IntegrityError` where it says that it is somebody else's."""
        if isinstance(statement, Experiment) and (file is None or self.signers is None):
            problem = "" if file is None else "its signature was not looked at"
            return _Sound(name, statement, None, problem)
        signature = None if file is None else _content(self.objects, file, SIGNATURE_BYTES)
        return _Sound(name, statement, _signer(statement, content, signature, self.signers, self.now))


def _signer(
    statement: Statement,
    content: bytes,
    signature: bytes | None,
    signers: Signers | None,
    now: datetime | None,
) -> str:
    """Return who soundly signed a statement; raise `IntegrityError` where that is nobody, or not its `by`."""
    if signers is None:
        raise IntegrityError("there are no allowed signers")
    verified = signers.verify(content, signature, at=made_at(statement), now=now)
    if verified.principal is None:
        raise IntegrityError(verified.problem)
    if not isinstance(statement, Experiment) and statement.by != verified.principal:
        raise IntegrityError(f"it says that it is by {statement.by}, and {verified.principal} signed it")
    return verified.principal


def _refuse_unsound(
    statement: Statement, content: bytes, signature: bytes, signers: Signers | None, now: datetime
) -> None:
    """Better nothing than a statement that nobody will count."""
    if signers is None:
        return
    try:
        _signer(statement, content, signature, signers, now)
    except IntegrityError as error:
        raise RefusedError(
            f"what you sign now does not count: {error.message}", hint="promptctl init --signing"
        ) from None


def _refuse_deleted(repository: Repository) -> None:
    """A branch that begins anew would have no revocation of before."""
    lost = repository.refs.lost(EVIDENCE_BRANCH)
    if lost is not None:
        raise IntegrityError(
            f"the branch evidence was deleted; here it was at {lost}",
            hint=f"git push {repository.refs.remote} {lost}:{EVIDENCE_BRANCH} puts it back",
        )


def _by_name(entries: Iterable[TreeEntry]) -> dict[str, dict[str, TreeEntry]]:
    """Return the files of each statement by suffix; what has neither suffix is none of ours."""
    found: dict[str, dict[str, TreeEntry]] = {}
    for entry in entries:
        for suffix in (SIGNATURE, SUFFIX):
            if entry.name.endswith(suffix):
                found.setdefault(entry.name.removesuffix(suffix), {})[suffix] = entry
                break
    return found


def _files(repository: Repository, head: str, folder: str) -> Iterable[TreeEntry]:
    """Return the files of a folder. One that was deleted or rewritten is there as it first stood, as long as
    there is anything.
    """
    entries = {each.name: each for each in repository.objects.tree(f"{head}:{folder}") or ()}
    return {**entries, **former(repository, head).get(folder, {})}.values() if entries else ()


def _places(repository: Repository, head: str) -> Iterator[tuple[str, str]]:
    """Yield folder and name of every file that is there, and of every one that was."""
    for path in _paths(repository, head):
        folder, _, name = path.rpartition("/")
        yield folder, name
    for folder, names in former(repository, head).items():
        yield from ((folder, name) for name in names)


def _content(objects: Objects, entry: TreeEntry | None, limit_bytes: int) -> bytes:
    """Return a plain file's bytes; raise `IntegrityError` for anything else."""
    if entry is None or entry.mode != REGULAR:
        what = _MODES.get(entry.mode, f"of the mode {entry.mode:o}") if entry else "missing"
        raise IntegrityError(f"its file is {what}, not a plain file" if entry else "its file is missing")
    (stored,) = objects.read_many([entry.oid], limit_bytes=limit_bytes)
    if stored is None or stored.type != "blob":
        raise IntegrityError("its bytes are missing", hint="git fsck")
    if stored.size_bytes > limit_bytes:
        raise IntegrityError(f"it has {stored.size_bytes:,} bytes: at most {limit_bytes:,} are read")
    return stored.data


def _paths(repository: Repository, head: str) -> Iterator[str]:
    """Yield the path of every file of the branch; raise `RefusedError` where there is no end of them."""
    process = repository.git.start(
        "ls-tree", "-r", "-z", "--name-only", "--end-of-options", head, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None  # noqa: S101 - `start` opens all pipes
        rest, size_bytes = b"", 0
        while chunk := process.stdout.read(_CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > _PATHS_BYTES:
                raise RefusedError("the evidence branch has no end of files", hint="promptctl verify --all")
            *whole, rest = (rest + chunk).split(b"\0")
            yield from (path.decode("utf-8", "surrogateescape") for path in whole)
    finally:
        end(process)


def _commit(
    objects: Objects, head: str | None, files: Mapping[str, bytes], title: str, line: bytes
) -> str | None:
    """Stage the commit that adds the files; None where the head has them all."""
    old = objects.read(f"{head}^{{tree}}") if head else None
    blobs = {path: objects.write_blob(content) for path, content in files.items()}
    tree = _with_files(objects, old.oid if old else None, blobs)
    if old is not None and tree == old.oid:
        return None
    return objects.write_commit(commit_bytes(tree, head, line, f"{title}\n"))


def _with_files(objects: Objects, tree: str | None, blobs: Mapping[str, str]) -> str:
    """Stage a tree with further files, touching only the folders on their way; return its id."""
    entries = {each.name: each for each in (objects.tree(tree) or [] if tree else [])}
    below: dict[str, dict[str, str]] = {}
    for path, oid in blobs.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = oid
        else:
            entries[name] = _kept(entries.get(name), TreeEntry(REGULAR, "blob", oid, name))
    for name, inner in below.items():
        known = entries.get(name)
        subtree = _with_files(objects, known.oid if known and known.type == "tree" else None, inner)
        entries[name] = TreeEntry(TREE, "tree", subtree, name)
    return objects.write_tree(entries.values())


def _kept(known: TreeEntry | None, wanted: TreeEntry) -> TreeEntry:
    """Return what stands under a name from now on: what stood there already, if anything."""
    if known is not None and known != wanted and wanted.name.endswith(SUFFIX):
        raise IntegrityError(
            f"other bytes stand under the name of the statement {short(wanted.name)}",
            hint="promptctl verify --all says who put them there",
        )
    return known or wanted
