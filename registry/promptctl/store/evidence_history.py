"""The history of the branch `evidence`, which only ever grows: what was deleted or rewritten is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

from promptctl.core.written import short
from promptctl.store.objects import Objects, TreeEntry
from promptctl.store.repository import Repository

_WALK_TIMEOUT_S = 600.0
_RAW = ("-m", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=DMT")
Former = Mapping[str, Mapping[str, TreeEntry]]
"""By folder and name: a file as it first stood."""
_walked: WeakKeyDictionary[Repository, tuple[str, Former]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Loss:
    """What an append-only branch cannot have, and the commit that has it. `path` is empty for a commit's own.

    `statement-deleted` and `statement-rewritten` are about a file; `evidence-merged` is a commit with several
    parents, which promptctl never writes; `evidence-cut` is a history whose beginning is not here.
    """

    code: Literal["statement-deleted", "statement-rewritten", "evidence-merged", "evidence-cut"]
    commit: str
    path: str
    message: str


def removed(repository: Repository, head: str) -> tuple[Loss, ...]:
    """Return everything that was deleted or rewritten on the way to `head`, newest commit first.

    Linear in the history, with two processes. A branch that was rewound or squashed has no trace of it: that
    is refused by `refs.fetch` (`IntegrityError`) in every clone that had seen more.
    """
    lines = repository.git.run("rev-list", "--parents", "--end-of-options", head, timeout_s=_WALK_TIMEOUT_S)
    commits = [line.split() for line in lines.decode("ascii").splitlines()]
    return (*_merges(commits), *_cuts(repository.objects, commits), *_changes(repository, commits))


def former(repository: Repository, head: str) -> Former:
    """Return every file that was deleted or rewritten on the way to `head`, as it first stood.

    Whoever may push can take a revocation away without rewinding anything: what counts is what was said.
    Linear in the history; walked once for each head.
    """
    known = _walked.get(repository)
    if known is None or known[0] != head:
        known = _walked[repository] = (head, _first_versions(repository, head))
    return known[1]


def _first_versions(repository: Repository, head: str) -> Former:
    output = repository.git.run(
        *("log", "--topo-order", "--format=", *_RAW, "--end-of-options", head), timeout_s=_WALK_TIMEOUT_S
    )
    found: defaultdict[str, dict[str, TreeEntry]] = defaultdict(dict)
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    for field in fields:
        if field.lstrip("\n").startswith(":"):
            mode, _, oid, *_ = field.lstrip("\n")[1:].split(" ")
            folder, _, name = next(fields).rpartition("/")
            # Newest first: what comes last is the oldest.
            found[folder][name] = TreeEntry(int(mode, 8), "commit" if mode == "160000" else "blob", oid, name)
    return found


def _merges(commits: Sequence[Sequence[str]]) -> Iterator[Loss]:
    for commit, *parents in commits:
        if len(parents) > 1:
            message = f"{short(commit)} merges {len(parents)} histories of evidence; promptctl writes one"
            yield Loss("evidence-merged", commit, "", message)


def _cuts(objects: Objects, commits: Sequence[Sequence[str]]) -> Iterator[Loss]:
    for (commit,) in (each for each in commits if len(each) == 1):
        stored = objects.read(commit)
        if stored is None or b"\nparent " in stored.data.partition(b"\n\n")[0]:
            message = f"the history of evidence is not here below {short(commit)}: this clone is shallow"
            yield Loss("evidence-cut", commit, "", message)


def _changes(repository: Repository, commits: Sequence[Sequence[str]]) -> Iterator[Loss]:
    """Compare each commit with each of its parents; git looks at the folders that differ alone."""
    output = repository.git.run(
        *("diff-tree", "--stdin", *_RAW),
        stdin="".join(f"{commit}\n" for commit, *_ in commits).encode("ascii"),
        timeout_s=_WALK_TIMEOUT_S,
    )
    commit, fields = "", iter(output.decode("utf-8", "surrogateescape").split("\0"))
    for field in fields:
        if not field.startswith(":"):
            commit = field.strip() or commit
            continue
        path = next(fields)
        code: Literal["statement-deleted", "statement-rewritten"]
        code = "statement-deleted" if field.endswith("D") else "statement-rewritten"
        yield Loss(
            code, commit, path, f"{ascii(path)[1:-1]} was {code.rpartition('-')[2]} by {short(commit)}"
        )
