"""The refs that people share: fetched by exact name, moved one at a time with a lease.

A registry with a remote and one without offer the same transaction: a ref moves from the id that was read to
the new one, or nothing changes. Shared refs are named by the name they have on the remote; `where` says what
that ref is called in this repository.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from promptctl.core.names import ENVIRONMENTS, EVIDENCE_BRANCH
from promptctl.errors import (
    IntegrityError,
    LostRaceError,
    OutcomeUnknownError,
    PromptctlError,
    RefusedError,
    Unavailable,
)
from promptctl.gitcmd import Git, Result, cleaned
from promptctl.store.objects import Objects

HEAD = "HEAD"
"""The shared name of the default branch."""

_FETCH_REJECTED = r"! \[rejected\]\s+(\S+)\s+->\s+\S+\s+\(([^)]*)\)"
_FETCHED = rb"^([0-9a-f]+)\t[^\t\n]*\t(?:(branch|tag) '([^ \n]+)' of )?"  # a line of FETCH_HEAD
_NAMED = 5
_NO_HEAD = "couldn't find remote ref"
_NO_REF = "not a valid ref"  # no other failure may be taken for a ref that is not there


class LocalRefs:
    """The refs of a registry without a remote: this repository is where everybody looks."""

    remote = ""

    def __init__(self, git: Git, objects: Objects, *, defaults: Sequence[str]) -> None:
        self._git = git
        self._objects = objects
        self._defaults = defaults

    def where(self, ref: str) -> str:
        """Return the name that a shared ref has in this repository: of `defaults` the first that exists."""
        return self._default if ref == HEAD else ref

    @cached_property
    def _default(self) -> str:
        return next((each for each in self._defaults[:-1] if self._find(each)), self._defaults[-1])

    def fetch(self, refs: Iterable[str]) -> None:
        """Do nothing: what is shared is here."""

    def recall(self, refs: Iterable[str]) -> None:
        """Do nothing: what is shared is here."""

    def read(self, ref: str) -> str | None:
        """Return the id that a shared ref had when last fetched, None where there was none."""
        return self._find(self.where(ref))

    def _find(self, ref: str) -> str | None:
        result = self._git.call("show-ref", "--verify", "--hash", "--end-of-options", ref)
        if result.returncode and _NO_REF not in result.words:
            raise self._git.failure("show-ref", result)
        return result.stdout.decode().strip() or None

    def lost(self, ref: str) -> str | None:
        """Return None: what is shared is here."""

    def lost_below(self, _: str) -> dict[str, str]:
        """Return nothing: what is shared is here."""
        return {}

    def read_below(self, *prefixes: str) -> dict[str, str]:
        """Return name and id of all refs whose names begin so (`refs/…/`), as last fetched, sorted."""
        folders = [each[: each.rindex("/") + 1] for each in prefixes]
        found = self._git.run(
            "for-each-ref", "--format=%(objectname) %(refname)", "--end-of-options", *folders
        )
        pairs = (line.split(" ", 1) for line in found.decode("utf-8", "surrogateescape").splitlines())
        return {ref: oid for oid, ref in pairs if ref.startswith(prefixes)}

    def push(self, ref: str, new: str, old: str | None) -> None:
        """Move one shared ref from `old` (None: it must not exist) to `new`, or change nothing.

        Stores what `objects` has staged first. A ref that is at `new` already is success. Raises
        `LostRaceError` where the ref is at neither, `RefusedError` where it cannot be moved.
        """
        self._objects.flush()
        result = self._git.call("update-ref", "--end-of-options", ref, new, old or "0" * len(new))
        if result.returncode and self.read(ref) != new:
            from promptctl.store import hosts

            if hosts.is_lost_race(result.words):
                raise _lost_race(ref, old, self.read(ref))
            raise self._git.failure("update-ref", result)


class RemoteRefs:
    """The refs of one remote, and their copies in this repository as last fetched.

    Branches are copied below `refs/remotes/REMOTE/`, tags to their own names, both as git does, so plain git
    shows them; the default branch below `refs/promptctl/REMOTE/`. What a fetch said is remembered: it is what
    the copies hold.
    """

    def __init__(self, git: Git, objects: Objects, *, remote: str, default_branch: str = "") -> None:
        self.remote = remote
        self._git = git
        self._objects = objects
        self._default = HEAD
        self._instead_of_head = f"refs/heads/{default_branch}" if default_branch else ""
        self._asked: set[str] = set()
        self._listed = _Listing()
        self._copies = LocalRefs(git, objects, defaults=[f"refs/promptctl/{remote}/HEAD"])

    def where(self, ref: str) -> str:
        """Return the name that a shared ref has in this repository."""
        if ref.startswith("refs/heads/"):
            return f"refs/remotes/{self.remote}/{ref.removeprefix('refs/heads/')}"
        return self._copies.where(ref)

    def fetch(self, refs: Iterable[str]) -> None:
        """Bring shared refs here, in one process: full names, `HEAD`, or names with one `*`.

        A name that the remote does not have is no error, except for `HEAD`. Raises `Unavailable`;
        `RefusedError` where the remote has no default branch; `IntegrityError`, with both ids, where the tag
        of a release moved or a branch went back: the copy here stays as it was. A tag that is no release's
        gives way to what the remote has.
        """
        wanted = list(refs)
        refspecs = [self._refspec(ref) for ref in wanted]
        if not refspecs:
            return
        result = self._fetch(refspecs)
        if not self._found(result):
            result = self._fetch(refspecs)
        if not result.returncode:
            self._note_listed(wanted)
            return
        rejected = re.findall(_FETCH_REJECTED, result.stderr.decode("utf-8", "replace"))
        if rejected:
            self._drop_strays([_rejected_ref(*each) for each in rejected])
            self.fetch(wanted)
            return
        if re.search(_NO_HEAD, result.words, re.IGNORECASE):
            if self._instead_of_head and self._default == HEAD:
                # Only where the remote's own HEAD leads nowhere: what is here must not choose the policy.
                self._default = self._instead_of_head
                self.fetch(wanted)
                return
            raise RefusedError(
                f"{self.remote} has no default branch: {result.words}",
                hint="name it: git config promptctl.defaultBranch main",
            )
        raise self._git.failure("fetch", result)

    def recall(self, refs: Iterable[str]) -> None:
        """Take what was last fetched of these refs, named as for `fetch`, for what the remote has: in one
        process, and without asking it.
        """
        wanted = list(refs)
        self._remember(wanted, self._copied(*(ref.partition("*")[0] for ref in wanted)))

    def read(self, ref: str) -> str | None:
        """Return the id that a shared ref had when last fetched, None where there was none.

        A ref that the remote did not have when it was asked just now is not there, whatever stands here.
        """
        if ref in self._listed:
            return self._listed[ref]
        return None if self._is_gone(ref) else self._copies.read(self.where(ref))

    def lost(self, ref: str) -> str | None:
        """Return the id that a ref had here and that the remote, asked just now, does not have any more."""
        return self._copies.read(self.where(ref)) if self._is_gone(ref) else None

    def lost_below(self, prefix: str) -> dict[str, str]:
        """Return shared name and id of all refs below `refs/…/` that are lost, sorted by name."""
        return {ref: oid for ref, oid in self._copied(prefix).items() if self._is_gone(ref)}

    def read_below(self, prefix: str) -> dict[str, str]:
        """Return name and id of all shared refs whose names begin so (`refs/…/`), as last fetched, sorted."""
        if any(each.endswith("*") and prefix.startswith(each[:-1]) for each in self._asked):
            return self._listed.below(prefix)
        return {ref: oid for ref, oid in self._copied(prefix).items() if not self._is_gone(ref)}

    def _copied(self, *prefixes: str) -> dict[str, str]:
        copies = self._copies.read_below(*map(self.where, prefixes))
        return {self._shared(copy): oid for copy, oid in copies.items()}

    def _shared(self, copy: str) -> str:
        """Return the name that the copy of a ref has on the remote."""
        branches = f"refs/remotes/{self.remote}/"
        if copy.startswith(branches):
            return f"refs/heads/{copy.removeprefix(branches)}"
        return HEAD if copy == self.where(HEAD) else copy

    def _fetch(self, refspecs: Sequence[str]) -> Result:
        return self._git.call(
            *("fetch", "--no-tags", "--refmap=", "--write-fetch-head", "--no-progress"),
            *("--end-of-options", self.remote, *refspecs),
        )

    def _found(self, result: Result) -> bool:
        """Whether anything was there. An HTTP answer that is cut off within its head is to git a remote that
        has nothing, so nobody believes that without asking again.
        """
        if result.returncode:
            return re.search(_NO_HEAD, result.words, re.IGNORECASE) is None
        return bool(self._fetch_head.read_bytes())

    @property
    def _fetch_head(self) -> Path:
        return Path(self._git.git_dir or Path(self._git.directory, ".git"), "FETCH_HEAD")

    def _note_listed(self, wanted: Sequence[str]) -> None:
        # A fetch leaves copies of what the remote no longer has, and tags that it never had: what it did
        # have is in FETCH_HEAD, which git writes into the view; only the line of its HEAD names no ref.
        listed: dict[str, str] = {}
        for oid, kind, name in re.findall(_FETCHED, self._fetch_head.read_bytes(), re.MULTILINE):
            folder = {b"branch": "refs/heads/", b"tag": "refs/tags/", b"": HEAD}[kind]
            listed[folder + name.decode("utf-8", "surrogateescape")] = oid.decode()
        if HEAD in wanted and self._default != HEAD:
            listed[HEAD] = listed[self._default]
        self._remember(wanted, listed)

    def _remember(self, wanted: Iterable[str], listed: Mapping[str, str]) -> None:
        patterns = {ref if ref == HEAD or "*" in ref else f"{ref}*" for ref in wanted}
        self._asked |= patterns
        self._listed.renew(patterns, listed)

    def _is_gone(self, ref: str) -> bool:
        return ref not in self._listed and any(_matches(ref, pattern) for pattern in self._asked)

    def push(self, ref: str, new: str, old: str | None) -> None:
        """Move one shared ref on the remote from `old` (None: it must not exist) to `new`, or change nothing.

        Stores what `objects` has staged first. A ref that is at `new` already is success. Raises
        `LostRaceError` where somebody else moved it, `RefusedError` with the server's words where it may not
        move, `Unavailable` where nothing was changed because the remote cannot be reached, and
        `OutcomeUnknownError` where the connection was cut and the remote cannot be read back.
        """
        self._objects.flush()
        failure = self._push(ref, new, old)
        if isinstance(failure, _Cut):
            failure = self._settle(ref, new, old, failure.words)
        if isinstance(failure, LostRaceError):
            self._forget_deleted(ref)
        if failure is not None:
            raise failure
        self._listed.renew([ref], {ref: new})
        if not ref.startswith("refs/heads/"):  # the copy of a branch is moved by the push itself
            with suppress(PromptctlError):  # it has happened: the next fetch brings the copy
                self._git.run("update-ref", "--end-of-options", self.where(ref), new)

    def _push(self, ref: str, new: str, old: str | None) -> PromptctlError | _Cut | None:
        lease = f"--force-with-lease={ref}:{old or ''}"
        try:
            result = self._git.call(
                "push", "--porcelain", "--no-verify", lease, "--end-of-options", self.remote, f"{new}:{ref}"
            )
        except Unavailable as error:
            return _Cut(error.message)
        return _push_failure(ref, old, result) if result.returncode else None

    def _settle(self, ref: str, new: str, old: str | None, words: str) -> PromptctlError | None:
        # That the ref has not moved is no answer: a remote may work on after the connection broke. The same
        # push under the same lease can only come after the first, and then one of them has moved it.
        failure = self._read_back(ref, new, old, words)
        if not isinstance(failure, Unavailable):
            return failure
        again = self._push(ref, new, old)
        if isinstance(again, _Cut):
            return self._read_back(ref, new, old, again.words)
        return self._read_back(ref, new, old, words) if isinstance(again, LostRaceError) else again

    def _read_back(self, ref: str, new: str, old: str | None, words: str) -> PromptctlError | None:
        try:
            now = self._on_remote(ref)
        except PromptctlError:
            return OutcomeUnknownError(
                f"the connection broke while {short(ref)} was being moved to {new}, and {self.remote} cannot"
                f" be read back: {words}",
                hint="when it can be reached again, promptctl status says what became of it; then decide",
            )
        if now == new:
            return None
        if now == old:
            return Unavailable(f"{short(ref)} was not moved: {words}", hint="nothing was changed; try again")
        return _lost_race(ref, old, now)

    def _on_remote(self, ref: str) -> str | None:
        # Not `ls-remote`, for which a server sends every tag or every branch that it has.
        result = self._fetch([ref])
        if not self._found(result):
            result = self._fetch([ref])
        if not result.returncode:
            return self._fetch_head.read_bytes().partition(b"\t")[0].decode() or None
        if re.search(_NO_HEAD, result.words, re.IGNORECASE):
            return None
        raise self._git.failure("fetch", result)

    def _forget_deleted(self, ref: str) -> None:
        # A fetch does not say that a branch is gone, and a lease on the copy of one is lost for ever.
        with suppress(PromptctlError):  # the lost race is what people must hear of
            if ref.startswith("refs/heads/") and self.read(ref) and self._on_remote(ref) is None:
                self._git.run("update-ref", "-d", "--end-of-options", self.where(ref))
                self._listed.renew([ref], {})

    def _refspec(self, ref: str) -> str:
        if ref == HEAD:
            return f"+{self._default}:{self.where(HEAD)}"
        # An exact name that the remote does not have would end the whole fetch; a pattern does not.
        pattern = ref if "*" in ref else f"{ref}*"
        return f"{pattern}:{self.where(pattern)}"

    def _drop_strays(self, rejected: Sequence[str]) -> None:
        """Remove copies of tags that are no releases; raise for all else that the remote changed."""
        from promptctl.store import releases

        here = {ref: self._copies.read(self.where(ref)) for ref in rejected if ref not in self._listed}
        tags = {ref: oid for ref, oid in here.items() if oid and ref.startswith("refs/tags/")}
        _, strays = releases.read_tags(self._objects, tags)
        moved = [ref for ref in rejected if ref not in strays]
        if moved:
            raise self._moved(moved)
        for ref in strays:
            self._git.run("update-ref", "-d", "--end-of-options", ref, tags[ref])

    def _moved(self, refs: Sequence[str]) -> IntegrityError:
        lines = [
            f"{cleaned(short(ref).encode())} was {self._copies.read(self.where(ref))}"
            f" and is {self._on_remote(ref)}"
            for ref in refs[:_NAMED]
        ]
        more = [f"and {len(refs) - _NAMED} more"] if len(refs) > _NAMED else []
        return IntegrityError(
            f"{self.remote} changed what may not change: {'; '.join(lines + more)}",
            hint="ask who moved it; promptctl verify says more" + self._restored(refs),
        )

    def _restored(self, refs: Sequence[str]) -> str:
        """Return the command for branches that went back because the remote did, if it did."""
        names = [ref.removeprefix(ENVIRONMENTS) for ref in refs if ref.startswith(ENVIRONMENTS)]
        repair = f"promptctl repair --env {names[0]} --sequence N --reason …" if names else ""
        evidence = f"git push {self.remote} {self.where(EVIDENCE_BRANCH)}:{EVIDENCE_BRANCH}"
        command = evidence if EVIDENCE_BRANCH in refs else repair
        return f"; if the remote was restored from a backup: {cleaned(command.encode())}" if command else ""


def _rejected_ref(name: str, reason: str) -> str:
    return f"refs/tags/{name}" if "tag" in reason else f"refs/heads/{name}"


SharedRefs = LocalRefs | RemoteRefs


class _Listing(dict[str, str]):
    """Refs and their ids, among which those that begin alike are found at once, however many there are."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []

    def renew(self, patterns: Iterable[str], refs: Mapping[str, str]) -> None:
        """Forget the refs that match any of these patterns, and keep those given."""
        for pattern in patterns if self else ():
            for ref in self.below(pattern.partition("*")[0]):
                if _matches(ref, pattern):
                    del self[ref]
        self.update(refs)
        self._names = sorted(self)

    def below(self, prefix: str) -> dict[str, str]:
        """Return the refs whose names begin so, sorted."""
        begin = bisect_left(self._names, prefix)
        end = bisect_left(self._names, prefix + "\U0010ffff", begin)
        return {ref: self[ref] for ref in self._names[begin:end] if ref in self}


def _matches(ref: str, pattern: str) -> bool:
    before, _, after = pattern.partition("*")
    return len(ref) >= len(before) + len(after) and ref.startswith(before) and ref.endswith(after)


class _Cut(NamedTuple):
    """The push ended without the remote's answer."""

    words: str


def short(ref: str) -> str:
    """Return a ref's name as people say it."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _push_failure(ref: str, old: str | None, result: Result) -> PromptctlError | _Cut:
    from promptctl.store import hosts  # what only failures need is loaded when one happens

    answer = Result(0, b"", result.stdout).words
    answered = any(line.startswith("!") for line in answer.splitlines())
    words = "\n".join(filter(None, (result.words, answer)))
    if answered and "remote failure" not in answer:
        if hosts.is_lost_race(words):
            return _lost_race(ref, old, None)
        hint = hosts.refused_hint(words, short(ref))
        return RefusedError(f"{short(ref)} was not moved: {words}", hint=hint)
    if hosts.is_nothing_sent(words):
        return Unavailable(f"the remote cannot be reached: {words}", hint=hosts.unreachable_hint(words))
    return _Cut(words)


def _lost_race(ref: str, old: str | None, now: str | None) -> LostRaceError:
    was = f"from {old}" if old else "from nothing"
    at = f"; it is at {now}" if now else ""
    return LostRaceError(f"{short(ref)} was moved {was} by somebody else{at}", hint="run the command again")
