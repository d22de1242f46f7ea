"""The registry that a command works on: its files, and the git repository around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from promptctl.errors import Unavailable, UsageError
from promptctl.store import files
from promptctl.store.repository import Repository, find_root

if TYPE_CHECKING:
    from promptctl.model.registry import Registry


class Workspace:
    """The registry that a directory lies in: its files, and the git repository around them, where there is
    one. Each is read when it is first asked for. A context manager.

    `note` is told what is no error, such as a remote that cannot be reached.
    """

    def __init__(self, directory: Path, environ: Mapping[str, str], note: Callable[[str], None]) -> None:
        self._directory = directory
        self._environ = environ
        self._note = note
        self._fetched: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "repository" in self.__dict__:
            self.repository.close()

    @cached_property
    def root(self) -> Path:
        """The folder of the registry's files; raises `UsageError` where there is none."""
        if not self._directory.is_dir():
            raise UsageError(f"{self._directory} is no directory")
        root = find_root(self._directory)
        if root is None:
            raise UsageError(
                f"{self._directory} is in no registry: no promptctl.yaml here or above",
                hint="go into the registry, or make one with promptctl init",
            )
        return root

    @cached_property
    def registry(self) -> Registry:
        """The files of the work tree, as they are."""
        from promptctl.store.registry import read as read_registry

        return read_registry(self._sources)

    @cached_property
    def declared(self) -> tuple[str, ...]:
        """The environments of `promptctl.yaml`, in its order; none where it is missing or has findings."""
        from promptctl.store.registry import read as read_registry

        pipeline = read_registry([each for each in self._sources if each.path == files.PIPELINE]).pipeline
        return tuple(each.name for each in pipeline.environments)

    @cached_property
    def _sources(self) -> list[files.SourceFile]:
        return files.from_work_tree(self.root)

    def source(self, revision: str = "") -> files.Source:
        """The files of a commit, or of the work tree; raises `UsageError` where there is no such commit."""
        if not revision:
            return files.WorkTree(self.root)
        return files.Tree(self.repository.objects, self.repository.commit(revision).oid)

    @cached_property
    def repository(self) -> Repository:
        """The git repository; raises `UsageError` where there is none."""
        return Repository.discover(self._directory, self._environ, self._note)

    @cached_property
    def has_repository(self) -> bool:
        """Whether the directory is in a git repository, bare or not: validating and rendering need none."""
        here = self._directory.absolute()
        return any(
            (folder / ".git").exists() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())
            for folder in (here, *here.parents)
        )

    def fetch(self, refs: Iterable[str]) -> None:
        """Bring shared refs here, each once. Where the remote cannot be reached, what was last fetched is
        used and `note` hears of it.
        """
        wanted = [each for each in dict.fromkeys(refs) if each not in self._fetched]
        if not wanted:
            return
        self._fetched.update(wanted)
        try:
            self.repository.refs.fetch(wanted)
        except Unavailable as error:
            self._note(f"as last fetched: {error.message}")
