"""The command line as people run it: a process of its own, in an environment of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository

GREETING = """\
---
name: greeting
description: Greets a guest by name.
metadata: {owner: front-desk}
model:
  provider: local
  id: smollm2-135m-instruct
  options: {temperature: 0, maxOutputTokens: 20}
inputs:
  guest:  {kind: string, required: true, description: Who arrives}
  nights: {kind: integer, default: 1}
  tone:   {kind: string, default: warm, enumValues: [warm, plain]}
---
# system:
{% include "house" %}
Be {{ tone }}.

# user:
{{ guest }} stays {{ nights }} nights.
"""
TIPS = """\
---
description: Recommends places from what was found.
model: {provider: local, id: smollm2-135m-instruct}
inputs:
  question: {kind: string, required: true}
  context:  {kind: string, required: true}
  history:  {kind: thread}
promptctl:
  rag_config: city
  context_template: places
  guardrails: [house]
---
# system:
Only recommend these:
{{ context }}

{{ history }}

# user:
{{ question }}
"""
PLACES = """\
---
inputs:
  documents: {kind: array, required: true, items: {kind: object}}
---
{% for place in documents %}- {{ place.content }}
{% endfor %}"""
FILES: Mapping[str, str] = {
    "promptctl.yaml": "environments:\n  - name: dev\n  - {name: prod, after: dev}\n",
    "prompts/greeting.md": GREETING,
    "prompts/tips.md": TIPS,
    "prompts/judges/kindness.md": "---\ndescription: Judges kindness.\n---\nIs it kind?\n",
    "partials/house.md": "You work at the front desk of a small hotel.\n",
    "context_templates/places.md": PLACES,
    "rag_configs/city.yaml": "description: Finds places.\nretrieval: {top_k: 2}\n",
    "guardrails/house.yaml": (
        "description: What is never said.\noutput:\n"
        '  - {type: banned_topics, topics: [{id: rivals, phrases: ["other hotel", "cheaper, elsewhere"]}]}\n'
    ),
    "evals/greeting.yaml": (
        "description: Names the guest.\ntarget: prompts/greeting\ndataset: guests\nmin_score: 0.5\n"
        'assert:\n  - {type: icontains, value: "{{ vars.guest }}"}\n'
    ),
    "datasets/guests.jsonl": '{"id": "a", "vars": {"guest": "Ada"}}\n{"id": "b", "vars": {"guest": "Bo"}}\n',
}
"""A small registry without findings: a hotel's."""


@dataclass(frozen=True)
class Ran:
    """What a finished command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one document on standard output."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document


def promptctl(
    directory: Path, environ: Mapping[str, str], *words: str, stdin: str = "", columns: int = 80
) -> Ran:
    """Run a command in `directory`, on a screen of so many columns."""
    done = subprocess.run(
        [sys.executable, "-m", "promptctl", *words],
        cwd=directory,
        env={**environ, "COLUMNS": str(columns), "PYTHONPATH": ""},
        input=stdin.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Desk:
    """One person at one registry."""

    clone: Clone

    @property
    def path(self) -> Path:
        """The work tree."""
        return self.clone.path

    def run(self, *words: str, stdin: str = "", columns: int = 80) -> Ran:
        """Run a command."""
        return promptctl(self.path, self.clone.environ, *words, stdin=stdin, columns=columns)

    def ok(self, *words: str, columns: int = 80) -> str:
        """Run a command that succeeds; return what it printed."""
        ran = self.run(*words, columns=columns)
        assert ran.code == 0, ran.stderr + ran.stdout
        return ran.stdout


def make_desk(path: Path, files: Mapping[str, str | bytes] = FILES) -> Desk:
    """Return a registry in a git repository without a remote, its files committed."""
    clone = make_repository(path / "registry", hermetic_environ(path / "home"))
    clone.commit(files, "first")
    return Desk(clone)


def make_desk_with_remote(path: Path, files: Mapping[str, str | bytes] = FILES) -> tuple[Desk, Clone]:
    """Return a clone of a new remote that holds the files, and the remote."""
    environ = hermetic_environ(path / "home")
    remote = make_remote(path / "remote.git", environ, files)
    return Desk(make_clone(remote, path / "registry", environ)), remote


def make_history(desk: Desk) -> None:
    """Release greeting 1.0.0, which serves dev and prod, and 1.1.0, which serves dev."""
    desk.ok("release", "greeting", "--notes", "opening day")
    desk.ok("promote", "greeting", "--to", "dev")
    desk.ok("promote", "greeting", "--to", "prod")
    desk.clone.commit({"prompts/greeting.md": GREETING.replace("Be {{", "Be short and {{")}, "shorter")
    desk.ok("release", "greeting")
    desk.ok("promote", "greeting@1.1.0", "--to", "dev")


def masked(text: str) -> str:
    """Return an output without what differs from run to run: ids, digests and times."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", text)
    text = re.sub(r"\b[0-9a-f]{40}\b", "<id>", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>", text)
