"""GitHub's API, read through the `gh` that somebody signed in to. Never asks for credentials."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

from promptctl.errors import Unavailable
from promptctl.gitcmd import cleaned
from promptctl.store.hosts import GITHUB, host_of, machine_of

TIMEOUT_S = 20.0
_SIGN_IN = "gh auth login"
_ANSWER_BYTES = 4_000_000
_PLACE = re.compile(r"[:/](?P<owner>[A-Za-z0-9._-]+)/(?P<name>[A-Za-z0-9._-]+?)(?:\.git)?/?$")


@dataclass(frozen=True, slots=True)
class GitHub:
    """One repository on one GitHub."""

    machine: str
    owner: str
    name: str
    environ: Mapping[str, str] = field(repr=False)

    @property
    def path(self) -> str:
        """Return where the API has the repository: `repos/OWNER/NAME`."""
        return f"repos/{self.owner}/{self.name}"

    def get(self, path: str = "") -> Any:
        """Return what the API answers below the repository's path.

        Raises `Unavailable`, with GitHub's words, where there is no `gh`, nobody is signed in, or it answers
        anything but JSON.
        """
        words = ["api", "--hostname", self.machine, "--method", "GET", f"{self.path}{path}"]
        try:
            done = subprocess.run(
                [self._program(), *words],
                cwd="/",
                env={
                    **self.environ,
                    "GH_PROMPT_DISABLED": "1",
                    "GH_NO_UPDATE_NOTIFIER": "1",
                    "NO_COLOR": "1",
                },
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"gh did not answer: {error}", hint="try again") from None
        if done.returncode or len(done.stdout) > _ANSWER_BYTES:
            said = cleaned(done.stderr) or f"it ended with code {done.returncode}"
            raise Unavailable(f"gh api {self.path}{path}: {said}", hint=_SIGN_IN)
        try:
            return json.loads(done.stdout)
        except (ValueError, RecursionError):
            raise Unavailable(f"gh api {self.path}{path} answered no JSON", hint=_SIGN_IN) from None

    def _program(self) -> str:
        # A relative folder on PATH would let the repository that one stands in bring its own.
        folders = [
            each for each in self.environ.get("PATH", "").split(os.pathsep) if Path(each).is_absolute()
        ]
        found = which("gh", path=os.pathsep.join(folders)) if folders else None
        if found is None:
            raise Unavailable("gh is not installed", hint="https://cli.github.com")
        return found


def github_of(address: str, environ: Mapping[str, str]) -> GitHub | None:
    """Return the repository on GitHub that a remote's address names, None for another host's."""
    found = _PLACE.search(address)
    if host_of(address) is not GITHUB or found is None:
        return None
    machine = machine_of(address)
    # SSH over the port of HTTPS has a machine of its own.
    machine = "github.com" if machine == "ssh.github.com" else machine
    return GitHub(machine, found["owner"], found["name"], environ)
