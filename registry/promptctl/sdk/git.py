"""The git source: one depth-1 fetch of one ref into a bare repository of our own, read with one process.

Deadlines are readings of `time.monotonic`. Raises `Unavailable` where the source cannot be asked in time,
`IntegrityError` where what it has is not what it should be, `UsageError` for a release that does not exist.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from promptctl.core.bundle import digest_of
from promptctl.core.environment import LOCK, LOCK_SIGNATURE, Tree, committed_s
from promptctl.core.limits import LOAD
from promptctl.core.names import environment_ref, tag_of
from promptctl.core.release import SCHEMA, read_tag
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, PromptctlError, RefusedError, Unavailable, UsageError
from promptctl.gitcmd import Git, end
from promptctl.sdk.snapshot import bundle_paths

_SHALLOW_COMMITS = 64
_LOCK_PAUSE_S = 0.02

Release = Mapping[str, bytes]
"""`bundle.json` and `release.json` of one release."""


class GitSource:
    """A registry at `url` (or a path), read through the bare repository at `repository`.

    Processes and threads that share the repository take turns.
    """

    def __init__(self, url: str, repository: Path, environ: Mapping[str, str]) -> None:
        self._url = url
        self._repository = repository
        self._environ = environ
        self._private: Path | None = None

    def head(self, environment: str, deadline: float) -> str:
        """Return the commit that an environment's branch is at, by one request for this one ref."""
        ref = environment_ref(environment)
        # It needs no repository; naming ours, made or not, keeps git from looking for somebody else's.
        git = Git(self._repository.anchor, git_dir=self._repository, environ=self._environ)
        listed = git.run("ls-remote", "--heads", self._url, ref, timeout_s=_left(deadline)).decode()
        for line in listed.splitlines():
            commit, _, name = line.partition("\t")
            if name == ref:
                return commit
        raise _no_environment(environment)

    def environment(self, environment: str, deadline: float) -> Tree:
        """Return the files of an environment that a runtime needs: its lock and the bundles it pins."""
        ref = environment_ref(environment)
        with self._fetched([ref], deadline) as objects:
            commit, _, said = objects.read(f"{ref}^{{commit}}")
            files = {LOCK: objects.file(commit, LOCK)}
            for path in bundle_paths(files[LOCK], environment):
                files[path] = objects.file(commit, path)
            with suppress(IntegrityError):  # whether one is needed is decided where it is checked
                files[LOCK_SIGNATURE] = objects.file(commit, LOCK_SIGNATURE)
        return Tree(commit, files, seconds=committed_s(said))

    def releases(self, wanted: Sequence[tuple[str, Version]], deadline: float) -> list[Release]:
        """Return releases by exact tag, in the order they were asked for.

        The tag's message, `release.json` and the bytes of the bundle agree on name and digest.
        """
        refs = [tag_of(address, version) for address, version in wanted]
        with self._fetched(refs, deadline) as objects:
            return [objects.release(ref, address) for ref, (address, _) in zip(refs, wanted, strict=True)]

    @contextmanager
    def _fetched(self, refs: Sequence[str], deadline: float) -> Iterator[_Objects]:
        with _turn(self._writable(), deadline) as repository:
            _ready(repository, self._environ)
            git = Git(repository, git_dir=repository, environ=self._environ)
            try:
                self._fetch(git, refs, deadline)
            except RefusedError:
                # A repository of ours that git does not like any more holds nothing that the source has not.
                shutil.rmtree(repository, ignore_errors=True)
                _ready(repository, self._environ)
                self._fetch(git, refs, deadline)
            process = git.start("cat-file", "--batch")
            try:
                yield _Objects(process)
            finally:
                end(process)

    def _fetch(self, git: Git, refs: Sequence[str], deadline: float) -> None:
        specs = [f"+{ref}:{ref}" for ref in refs]
        options = ("--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--end-of-options")
        result = git.call("fetch", *options, self._url, *specs, timeout_s=_left(deadline))
        if not result.returncode:
            return
        missing = next((ref for ref in refs if f"couldn't find remote ref {ref}" in result.words), None)
        if missing is None:
            raise git.failure("fetch", result)
        if missing.startswith("refs/heads/env/"):
            raise _no_environment(missing.removeprefix("refs/heads/env/"))
        name = missing.removeprefix("refs/tags/")
        raise UsageError(f"there is no release {name}", hint="promptctl history shows those that exist")

    def _writable(self) -> Path:
        """Return the directory of our repository, or a private one where that cannot be written."""
        parent = self._repository.parent
        with suppress(OSError):
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(parent, os.W_OK):
            return self._repository
        # A forked process that ends takes the directory of its parent along.
        if self._private is None or not self._private.is_dir():
            self._private = Path(tempfile.mkdtemp(prefix="promptctl-"))
            weakref.finalize(self, shutil.rmtree, self._private, ignore_errors=True)
        return self._private / self._repository.name


class _Objects:
    """A running `git cat-file --batch`: objects by name."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def read(self, name: str) -> tuple[str, str, bytes]:
        """Return (id, type, content)."""
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:  # pragma: no cover - `Git.start` opens both
            raise RuntimeError("git was started without pipes")
        try:
            requests.write(name.encode() + b"\n")
            requests.flush()
            words = answers.readline().split()
            object_id, kind, size = words[0].decode(), words[1].decode(), int(words[2])
        except (BrokenPipeError, IndexError, ValueError):
            raise IntegrityError(f"{name} is missing") from None
        if size > LOAD.lock_size_bytes:  # nothing that a runtime reads may be larger than a lock
            raise IntegrityError(f"{name} has {size:,} bytes: at most {LOAD.lock_size_bytes:,} are read")
        content = answers.read(size + 1)[:size]
        if len(content) != size:
            raise IntegrityError(f"{name} cannot be read whole")
        return object_id, kind, content

    def file(self, commit: str, path: str) -> bytes:
        """Return the bytes of a file."""
        _, kind, content = self.read(f"{commit}:{path}")
        if kind != "blob":
            raise IntegrityError(f"{path} in {commit} is a {kind}, not a file")
        return content

    def release(self, ref: str, address: str) -> Release:
        """Return the files of the release that a tag names."""
        name = ref.removeprefix("refs/tags/")
        _, kind, tag = self.read(ref)
        if kind != "tag":
            raise IntegrityError(f"{name} is no annotated tag, so nothing vouches for its digest")
        commit, _, _ = self.read(f"{ref}^{{commit}}")
        files = {path: self.file(commit, path) for path in ("bundle.json", "release.json")}
        digest = require_agreement(files, address)
        said = read_tag(tag)
        if said.name != name:
            raise IntegrityError(f"the tag {name} was made under another name")
        if said.digest != digest:
            raise IntegrityError(f"the tag {name} does not name the digest {digest} of its bundle")
        return files


def require_agreement(files: Release, address: str) -> str:
    """Return the digest that `release.json` and the bundle's bytes agree on; raise `IntegrityError`."""
    digest = digest_of(files["bundle.json"])
    try:
        about = json.loads(files["release.json"])
        named = (about["schema"], about["name"], about["digest"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(f"release.json of {address} is not readable: {error!r}") from error
    expected = (SCHEMA, address, digest)
    if named != expected:
        raise IntegrityError(f"release.json of {address} says {named}, and its bundle {expected}")
    return digest


def _ready(repository: Path, environ: Mapping[str, str]) -> None:
    """Make the bare repository, anew where years of fetching made its list of shallow commits long."""
    with suppress(OSError):
        (repository / "shallow.lock").unlink()  # it is our turn: a git that was killed left it
    with suppress(OSError):
        if (repository / "shallow").read_bytes().count(b"\n") > _SHALLOW_COMMITS:
            shutil.rmtree(repository, ignore_errors=True)
    if not (repository / "HEAD").is_file():
        git = Git(repository.parent, environ=environ)
        git.run("init", "--quiet", "--bare", "--template=", str(repository))


@contextmanager
def _turn(repository: Path, deadline: float) -> Iterator[Path]:
    """Wait until no other thread or process works in the repository."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows, where git's own lock files must do
        yield repository
        return
    with repository.with_suffix(".turn").open("ab") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                _left(deadline)
                time.sleep(_LOCK_PAUSE_S)
        try:
            yield repository
        finally:
            # Closing is not enough: a process forked meanwhile has the same open file.
            fcntl.flock(stream, fcntl.LOCK_UN)


def _left(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise Unavailable("the source did not answer in time")
    return left_s


def _no_environment(environment: str) -> PromptctlError:
    return Unavailable(
        f"the source has no environment {environment!r}", hint=f"promptctl promote … --to {environment}"
    )
