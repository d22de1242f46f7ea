"""Environment branches and releases written with git plumbing, so that tests can make good and bad ones."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helpers.repositories import Clone, hermetic_environ, make_repository

NAME = "support-answer"
ADDRESS = f"prompts/{NAME}"


def prompt_body(text: str = "Answer {{ question }}", **more: Any) -> dict[str, Any]:
    """Return the body of a small prompt; `more` adds fields or replaces them."""
    inputs = {"question": {"kind": "string", "required": True}}
    return {"inputs": inputs, "messages": [{"role": "system", "text": text}], **more}


def bundle_of(
    body: Mapping[str, Any], address: str = ADDRESS, others: Mapping[str, Any] | None = None, **more: Any
) -> bytes:
    """Return the bytes of a bundle; `more` replaces its top-level fields."""
    plain = {"schema": "promptctl.bundle/v1", "root": address, "artifacts": {address: body, **(others or {})}}
    return json.dumps({**plain, **more}, sort_keys=True, separators=(",", ":")).encode()


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def pin_of(content: bytes, version: str, address: str = ADDRESS) -> dict[str, Any]:
    """Return the pin of a bundle as a lock has it."""
    return {
        **dict.fromkeys(("tag_object", "commit", "tree"), "0" * 40),
        "tag": f"refs/tags/{address}/v{version}",
        "since": "2026-11-22T12:00:00Z",
        "by": "ada@acme.example",
        "version": version,
        "digest": digest(content),
        "previous": [],
    }


def lock_of(
    pins: Mapping[str, Mapping[str, Any]], sequence: int, environment: str = "prod", **more: Any
) -> bytes:
    """Return a lock's bytes; `more` replaces its fields."""
    plain = {
        "schema": "promptctl.lock/v1",
        "environment": environment,
        "sequence": sequence,
        "pins": pins,
        "holds": [],
    }
    return json.dumps({**plain, **more}, indent=2, sort_keys=True).encode()


class Remote:
    """A bare repository whose environments and tags a test writes as it likes."""

    def __init__(self, directory: Path) -> None:
        self.repository: Clone = make_repository(
            directory / "remote.git", hermetic_environ(directory / "home"), bare=True
        )
        self.path = self.repository.path
        self.sequence = 0

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def serve(self, prompts: Mapping[str, tuple[str, bytes]], environment: str = "prod") -> str:
        """Let these (version, bundle) by address serve; return the commit."""
        self.sequence += 1
        pins = {address: pin_of(content, version, address) for address, (version, content) in prompts.items()}
        files = {f"releases/{address}/bundle.json": content for address, (_, content) in prompts.items()}
        return self.write({"lock.json": lock_of(pins, self.sequence, environment), **files}, environment)

    def serve_text(self, version: str, text: str, environment: str = "prod") -> str:
        """Let one prompt with this text serve."""
        return self.serve({ADDRESS: (version, bundle_of(prompt_body(text)))}, environment)

    def write(self, files: Mapping[str, bytes], environment: str = "prod") -> str:
        """Commit exactly these files on an environment's branch."""
        ref = f"refs/heads/env/{environment}"
        parent = self.repository.git("rev-parse", "--verify", "--quiet", ref, check=False)
        commit = self.commit(files, parent)
        self.repository.git("update-ref", ref, commit)
        return commit

    def release(
        self,
        version: str,
        content: bytes,
        *,
        address: str = ADDRESS,
        trailer: str | None = None,
        **about: Any,
    ) -> None:
        """Tag a release; `trailer` and `about` replace what is true."""
        release = {"schema": "promptctl.release/v1", "name": address, "digest": digest(content), **about}
        commit = self.commit({"bundle.json": content, "release.json": json.dumps(release).encode()}, "")
        message = f"{address} v{version}\n\nDigest: {trailer or digest(content)}"
        self.repository.git("tag", "--force", "--annotate", f"{address}/v{version}", commit, "-m", message)

    def commit(self, files: Mapping[str, bytes], parent: str) -> str:
        """Write a commit of files and return its id."""
        git = self.repository.git
        index = {"GIT_INDEX_FILE": str(self.path / "scratch-index")}
        staging = Clone(self.path, {**self.repository.environ, **index})
        staging.git("read-tree", "--empty")
        for path, content in files.items():
            blob = git("hash-object", "-w", "--stdin", stdin=content)
            staging.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        parents = ["-p", parent] if parent else []
        return git("commit-tree", staging.git("write-tree"), *parents, "-m", "change")


def wait_for(condition: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s for {what}"
        time.sleep(0.02)
