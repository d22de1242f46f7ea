"""Real signing keys, made for a test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from helpers.repositories import Clone

SIGNERS = ".promptctl/allowed_signers"


def make_key(path: Path, kind: str = "ed25519") -> Path:
    """Make a key pair without a passphrase; return the private key's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(path)], check=True, capture_output=True
    )
    return path


def line(email: str, key: Path, options: str = "") -> str:
    """Return the line of the allowed signers that names a key's owner."""
    public = key.with_name(f"{key.name}.pub").read_text("utf-8").strip()
    return f"{' '.join(filter(None, (email, options, public)))}\n"


def signs(clone: Clone, key: Path) -> Clone:
    """Let the person of a clone sign with a key, as git is told."""
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingkey", str(key))
    return clone


def signers(clones: Iterable[Clone], **options: str) -> Mapping[str, str]:
    """Give each clone a key of its own; return the file of allowed signers that names them all."""
    lines = []
    for each in clones:
        email = each.environ.get("GIT_COMMITTER_EMAIL") or each.git("config", "user.email")
        key = make_key(each.path.parent / "keys" / email)
        signs(each, key)
        lines.append(line(email, key, options.get(email.partition("@")[0], "")))
    return {SIGNERS: "".join(lines)}
