"""Real signing keys, made for a test: of all types, with passphrases, in files and held by agents."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers.repositories import Clone

ENVIRON = {"PATH": os.environ["PATH"]}
SIGNERS = ".promptctl/allowed_signers"


@dataclass(frozen=True)
class Key:
    """A key pair in two files, given as that of the private one; `public` is its text without a comment."""

    path: Path

    def __fspath__(self) -> str:
        return str(self.path)

    __str__ = __fspath__

    @property
    def public(self) -> str:
        return " ".join(self.path.with_name(f"{self.path.name}.pub").read_text("ascii").split()[:2])

    def line(self, principal: str = "ada@acme.example", options: str = "") -> str:
        """Return the line that allows the key to a person."""
        return " ".join(filter(None, (principal, options, self.public))) + "\n"


def make_key(path: Path, *options: str, passphrase: str = "") -> Key:
    """Return a new key: ed25519, or what `options` say (`-t rsa -b 2048`)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = options or ("-t", "ed25519")
    subprocess.run(
        ["ssh-keygen", "-q", *kind, "-N", passphrase, "-C", "", "-f", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    return Key(path)


def signs(clone: Clone, key: str | os.PathLike[str]) -> Clone:
    """Let the person of a clone sign with a key, as git is told."""
    clone.git("config", "gpg.format", "ssh")
    clone.git("config", "user.signingkey", os.fspath(key))
    return clone


def signers(clones: Iterable[Clone], **options: str) -> Mapping[str, str]:
    """Give each clone a key of its own; return the file of allowed signers that names them all."""
    lines = []
    for each in clones:
        email = each.environ.get("GIT_COMMITTER_EMAIL") or each.git("config", "user.email")
        key = make_key(each.path.parent / "keys" / email)
        signs(each, key)
        lines.append(key.line(email, options.get(email.partition("@")[0], "")))
    return {SIGNERS: "".join(lines)}


@contextmanager
def agent(directory: Path, *keys: Key) -> Iterator[dict[str, str]]:
    """Run an agent that holds these keys; give the environment in which it is found."""
    socket = directory / "agent"
    process = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    environ = {**ENVIRON, "SSH_AUTH_SOCK": str(socket)}
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it says where it listens as soon as it does
        for each in keys:
            subprocess.run(["ssh-add", "-q", str(each.path)], env=environ, check=True, capture_output=True)
        yield environ
    finally:
        process.terminate()
        process.communicate(timeout=10)
