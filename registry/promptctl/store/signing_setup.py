"""What a clone needs to sign: a key, git's settings, a line in `.promptctl/allowed_signers`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from promptctl.core.signers import ALLOWED, PublicKey
from promptctl.errors import RefusedError
from promptctl.gitcmd import Git
from promptctl.sshsig import make_key, public_key
from promptctl.store.repository import Repository
from promptctl.store.signers import place_of
from promptctl.store.writing import refusing


def usual_key(environ: Mapping[str, str]) -> Path:
    """Return where a person's own key is; raise `RefusedError` where he has no home."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if not home:
        raise RefusedError("there is no home folder to look for a key in", hint="name it: --key PATH")
    return Path(home, ".ssh", "id_ed25519")


def take_or_make_key(path: Path, repository: Repository) -> tuple[Path, PublicKey, bool]:
    """Return what git is told of the key, its public half, and whether it was made just now.

    Git is told the public file where there is one, so that an agent may hold the other. Raises `RefusedError`
    where the key is, or would be, in the work tree, or is none.
    """
    environ = repository.git.environ
    public = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    private = public.with_suffix("")
    is_new = not os.path.lexists(public) and not os.path.lexists(private)
    if is_new and path == public:
        raise RefusedError(f"there is no key {path}", hint="name the one you have, or a new one without .pub")
    with refusing(path):
        inside = private.resolve().is_relative_to(repository.layout.root.resolve())
    if inside and (is_new or os.path.lexists(private)):
        raise RefusedError(
            f"{private} is in the work tree: one `git add` and everybody has the key",
            hint="keep it elsewhere: --key PATH",
        )
    if is_new:
        with refusing(path.parent):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_key(path, environ)
    return (public if public.exists() else private), public_key(str(path), environ), is_new


def configured_key(repository: Repository) -> str:
    """Return the key that git signs with here, as it is configured; empty where that is none of SSH."""
    configured = repository.configuration.last
    return configured("user.signingkey") if configured("gpg.format") == "ssh" else ""


def public_key_of(repository: Repository, key: str) -> PublicKey:
    """Return the public half of a key as it is configured; raise `RefusedError` where it is none."""
    return public_key(place_of(repository, key), repository.git.environ)


def configure(repository: Repository, settings: Mapping[str, str], *, everywhere: bool) -> dict[str, str]:
    """Set git's settings for this clone, or `everywhere` for this user; return the old values of those that
    changed.
    """
    git = Git(repository.layout.root, environ=repository.git.environ)
    old = {key: repository.configuration.last(key.lower()) for key in settings}
    scope = "--global" if everywhere else "--local"
    changed = {key: value for key, value in old.items() if value != settings[key]}
    for key in changed:
        git.run("config", scope, key, settings[key])
    return changed


def read_allowed(repository: Repository) -> bytes:
    """Return `.promptctl/allowed_signers` of the work tree, empty where there is none yet."""
    path = _allowed_path(repository)
    with refusing(path):
        return path.read_bytes() if path.exists() else b""


def add_allowed(repository: Repository, line: str) -> None:
    """Add a line to `.promptctl/allowed_signers` of the work tree."""
    content = read_allowed(repository)
    gap = b"" if not content or content.endswith(b"\n") else b"\n"
    path = _allowed_path(repository)
    with refusing(path):
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(gap + line.encode("ascii") + b"\n")


def _allowed_path(repository: Repository) -> Path:
    if repository.layout.is_bare:
        raise RefusedError("a bare repository has no files to write in", hint="git clone it, and go there")
    path = repository.layout.root / ALLOWED
    for each in (path.parent, path):
        if each.is_symlink():
            raise RefusedError(f"{each} is a symbolic link", hint="registries hold files, not links")
    return path
