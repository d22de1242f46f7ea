"""Init: a registry that works at once. Writes what is missing and never touches what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from promptctl.errors import RefusedError, UsageError
from promptctl.services.schema import editor_files
from promptctl.store.new_repository import create_repository
from promptctl.store.repository import Repository
from promptctl.store.writing import refusing

EXAMPLE = "visitor-answer"


@dataclass(frozen=True, slots=True)
class Initialised:
    """Paths are relative to `root`, sorted. `made_repository` says whether git was set up too."""

    root: Path
    created: tuple[str, ...]
    kept: tuple[str, ...]
    made_repository: bool
    remote: str = ""
    warning: str = ""


def init(directory: Path, environ: Mapping[str, str], version: str) -> Initialised:
    """Write the files of a new registry below `directory`, which is made where it does not exist.

    Makes a git repository there unless it is one; commits nothing. `version` is the one of this program,
    which the workflow of the registry will use. Raise `UsageError` where `directory` is a file,
    `RefusedError` where it is inside another repository or a folder in it leads elsewhere, or
    where the system does not let it be written.
    """
    with refusing(directory, hint="name a directory that you may write to: promptctl init DIR"):
        return _init(directory, environ, version)


def _init(directory: Path, environ: Mapping[str, str], version: str) -> Initialised:
    root = directory.absolute()
    if root.exists() and not root.is_dir():
        raise UsageError(f"{directory} is a file", hint="promptctl init DIR")
    outer = next((each for each in root.parents if (each / ".git").exists()), None)
    exists = (root / ".git").exists()
    if outer and not exists:
        raise RefusedError(
            f"{directory} lies inside of the repository {outer}; a registry is the top of a repository",
            hint=f"promptctl init {outer}, or git init {directory} first",
        )
    contents = {path: text.replace("PROMPTCTL_VERSION", version) for path, text in template_files().items()}
    contents |= editor_files()
    _refuse_links(root, contents)
    root.mkdir(parents=True, exist_ok=True)
    if not exists:
        create_repository(root, environ)
    remote, warning = _surroundings(root, environ)
    created = [path for path, text in sorted(contents.items()) if _write(root / path, text)]
    kept = sorted(set(contents) - set(created))
    return Initialised(root, tuple(created), tuple(kept), not exists, remote, warning)


def template_files() -> dict[str, str]:
    """Return the path and text of every file of a new registry."""
    return dict(_below(resources.files("promptctl") / "templates" / "registry", ""))


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    # Packagers and git give meaning to names that begin with a dot: here they begin with `dot-`.
    for entry in folder.iterdir():
        name = prefix + (
            f".{entry.name.removeprefix('dot-')}" if entry.name.startswith("dot-") else entry.name
        )
        if entry.is_dir():
            yield from _below(entry, f"{name}/")
        else:
            yield name, entry.read_text("utf-8")


def _refuse_links(root: Path, paths: Mapping[str, str]) -> None:
    """A folder that is a link leads out of the registry: nothing is written through it."""
    folders = {parent for path in paths for parent in (root / path).relative_to(root).parents}
    for folder in sorted(folders):
        if str(folder) != "." and (root / folder).is_symlink():
            raise RefusedError(f"{folder} is a symbolic link", hint="registries hold files, not links")


def _write(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _surroundings(root: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the remote's name and a warning, both empty where there is none.

    Git keeps branches like files: where there is a branch `env`, there can be no `env/dev`.
    """
    with Repository.discover(root, environ) as repository:
        local = repository.git.call("show-ref", "--verify", "--quiet", "refs/heads/env").returncode == 0
        blocked = local or repository.refs.read("refs/heads/env")
        remote = repository.refs.remote
    return (
        remote,
        "a branch is called env, beside which there can be no env/dev: rename it" if blocked else "",
    )
