"""The stage of the story: a throw-away registry, its remote, and real processes whose output is shown."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from promptctl.errors import StoppedError

_CONFIGURATION = {
    "user.name": "Ada",
    "user.email": "ada@quickstart.example",
    "commit.gpgSign": "false",
    "core.hooksPath": "/dev/null",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder with `registry.git`, the remote, and `registry`, a clone of it."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    tell: Callable[[str], None] = field(repr=False)
    pause: Callable[[float], None] = field(repr=False)

    @property
    def work(self) -> Path:
        """The clone in which people edit."""
        return self.folder / "registry"

    @property
    def url(self) -> str:
        """The remote's address."""
        return (self.folder / "registry.git").as_uri()

    def make(self, files: Mapping[str, bytes]) -> None:
        """Make the remote, the clone, and one commit of `files`, pushed."""
        self._quietly(
            "git", "init", "--quiet", "--bare", "--initial-branch=main", "registry.git", cwd=self.folder
        )
        self._quietly("git", "init", "--quiet", "--initial-branch=main", "registry", cwd=self.folder)
        self._quietly("git", "remote", "add", "origin", self.url)
        for key, value in _CONFIGURATION.items():
            self._quietly("git", "config", key, value)
        for path, content in files.items():
            (self.work / path).parent.mkdir(parents=True, exist_ok=True)
            (self.work / path).write_bytes(content)
        self._quietly("git", "add", "--all")
        self._quietly("git", "commit", "--quiet", "--message", "the registry of a furniture shop")
        self._quietly("git", "push", "--quiet", "--set-upstream", "origin", "main")

    def promptctl(self, *words: str, expect: int = 0) -> None:
        """Show and run a command; raise `StoppedError` where it does not end with the expected code."""
        self.tell(f"$ promptctl {shlex.join(words)}")
        done = subprocess.run(self._command(words), cwd=self.work, env=dict(self.environ), check=False)
        if done.returncode != expect:
            raise StoppedError(
                f"the story went another way: promptctl {words[0]} ended with {done.returncode}, not {expect}"
            )

    def ask(self, *words: str) -> Any:
        """Run a command with `-o json` and return what it printed, unseen."""
        done = subprocess.run(
            self._command((*words, "-o", "json")),
            cwd=self.work,
            env=dict(self.environ),
            capture_output=True,
            check=False,
        )
        return json.loads(done.stdout)

    def edit(self, path: str, before: str, after: str, message: str) -> None:
        """Change one text of one file, show the change, commit and push it."""
        place = self.work / path
        text = place.read_text("utf-8")
        if text.count(before) != 1:
            raise StoppedError(f"the story went another way: {path} does not hold the text to edit once")
        place.write_text(text.replace(before, after), "utf-8", newline="\n")
        self.tell(f"$ $EDITOR {path}")
        diff = self._quietly("git", "diff", "--unified=0", "--no-color", "--", path).decode()
        for line in diff.splitlines()[5:]:
            self.tell(f"  {line}")
        self.tell(f"$ git commit -qam {shlex.quote(message)} && git push -q")
        self._quietly("git", "commit", "--quiet", "--all", "--message", message)
        self._quietly("git", "push", "--quiet")

    def expect_serving(self, version: str, environment: str = "prod") -> None:
        """Raise `StoppedError` unless this version serves."""
        artifacts = self.ask("status")["artifacts"]
        pins: Mapping[str, Any] = next(
            (each["pins"] for each in artifacts if each["address"] == "prompts/support-answer"), {}
        )
        found = pins.get(environment, {}).get("version")
        if found != version:
            raise StoppedError(f"the story went another way: {environment} serves {found}, not {version}")

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-P", "-m", "promptctl", *words]

    def _quietly(self, *words: str, cwd: Path | None = None) -> bytes:
        done = subprocess.run(
            words, cwd=cwd or self.work, env=dict(self.environ), capture_output=True, check=False
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise StoppedError(f"{shlex.join(words)} failed: {said}")
        return done.stdout


class Runtime:
    """An application in a process of its own, which follows prod: `runtime.py` beside this module."""

    def __init__(self, stage: Stage, model_url: str) -> None:
        self._stage = stage
        script = Path(__file__).with_name("runtime.py")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(script), stage.url, model_url],
            cwd=stage.folder,
            env=dict(stage.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def answer(self, question: str, documents: list[dict[str, Any]]) -> dict[str, Any]:
        """Let it answer; the version is the one that answered."""
        return self._ask({"question": question, "documents": documents})

    def expect_version(self, version: str) -> None:
        """Wait until it serves this version; raise `StoppedError` when it does not within a minute."""
        for _ in range(240):
            found = self._ask({})["version"]
            if found == version:
                return
            self._stage.pause(0.25)
        raise StoppedError(f"the story went another way: the runtime serves {found}, not {version}")

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101 - both were opened as pipes
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise StoppedError("the story went another way: the runtime ended")
        return json.loads(line)  # type: ignore[no-any-return]
