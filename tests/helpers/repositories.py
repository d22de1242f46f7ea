"""Real repositories for tests: a bare remote, clones of several people, in an environment of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


def hermetic_environ(home: Path) -> dict[str, str]:
    """Return an environment in which git sees no configuration but `home/.gitconfig`, which is made."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / ".gitconfig"
    if not config.exists():
        config.write_text(
            "[init]\n\tdefaultBranch = main\n[user]\n\tname = Ada\n\temail = ada@acme.example\n"
        )
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
    }


@dataclass(frozen=True)
class Clone:
    """One person's repository: a directory, and the environment in which that person works."""

    path: Path
    environ: Mapping[str, str]

    def git(self, *args: str, stdin: bytes | None = None, check: bool = True) -> str:
        """Run plain git as that person and return what it printed, without the last line feed."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=dict(self.environ),
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert not (check and done.returncode), done.stderr.decode()
        return done.stdout.decode().removesuffix("\n")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files below the work tree."""
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes], message: str = "change") -> str:
        """Write, add and commit files; return the commit id."""
        self.write(files)
        self.git("add", "--all", "--force", "--", *files)
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


def make_repository(path: Path, environ: Mapping[str, str], *, bare: bool = False) -> Clone:
    """Return a new, empty repository."""
    path.mkdir(parents=True)
    repository = Clone(path, environ)
    repository.git("init", "--quiet", *(["--bare"] if bare else []))
    return repository


def make_remote(path: Path, environ: Mapping[str, str], files: Mapping[str, str | bytes]) -> Clone:
    """Return a bare repository whose branch `main` holds one commit of `files`."""
    remote = make_repository(path, environ, bare=True)
    seed = make_clone(remote, path.with_name(path.name + "-seed"), environ)
    seed.commit(files, "first")
    seed.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
    return remote


def make_clone(
    remote: Clone | str, path: Path, environ: Mapping[str, str], config: Mapping[str, str] | None = None
) -> Clone:
    """Return a clone of `remote` (a repository or an URL) with `config` set in it."""
    url = remote if isinstance(remote, str) else remote.path.as_uri()
    parent = Clone(path.parent, environ)
    parent.git("-c", "advice.detachedHead=false", "clone", "--quiet", url, str(path))
    clone = Clone(path, environ)
    for key, value in (config or {}).items():
        clone.git("config", key, value)
    return clone
