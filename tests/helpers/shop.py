"""A small shop as a registry of every kind, and two ways to run the command line on it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository

from promptctl.cli.main import run as run_here

PIPELINE = """\
environments:
  - name: dev
  - name: staging
    after: dev
  - name: prod
    after: staging
"""

ANSWER = """\
---
name: answer
description: Answers a customer.
metadata: {owner: support}
model: {provider: openai, id: gpt-4.1-mini, options: {temperature: 0.2, maxOutputTokens: 600}}
inputs:
  question: {kind: string, required: true, description: What the customer wants to know}
  locale: {kind: string, default: en, enumValues: [en, de]}
  context: {kind: string, required: true}
  history: {kind: thread}
outputs:
  reply: {kind: string, required: true, description: What the customer reads}
  citations: {kind: array, required: true, items: {kind: string}}
tools:
  - name: find_order
    description: Looks an order up.
    parameters: {type: object, properties: {number: {type: string}}}
promptctl:
  rag_config: kb
  context_template: passages
  guardrails: [tone, privacy]
  tool_policies: [shop]
  oversight_policy: shop
---
# system:
{% include "voice" %}
Reply in {{ locale }}, from these passages alone:
<context>
{{ context }}
</context>

{{ history }}

# user:
<q>{{ question }}</q>
"""

HELLO = """\
---
inputs:
  name: {kind: string, required: true}
---
# system:
Greet the customer.

# user:
{{ name }}
"""

SHOP: Mapping[str, str] = {
    "promptctl.yaml": PIPELINE,
    "prompts/answer.md": ANSWER,
    "prompts/hello.md": HELLO,
    "partials/voice.md": "You are warm and brief.\n",
    "context_templates/passages.md": """\
---
inputs:
  documents:
    kind: array
    required: true
    items: {kind: object, properties: {id: {kind: string}, content: {kind: string}}}
---
{% for doc in documents %}[{{ doc.id }}] {{ doc.content }}
{% endfor %}
""",
    "rag_configs/kb.yaml": """\
description: How answers retrieve.
index: help
retrieval: {search_type: hybrid, top_k: 20, alpha: 0.6, filters: {status: published}}
reranker: {model: acme/rerank, top_n: 5}
context: {max_tokens: 3000}
""",
    "index_manifests/help.yaml": """\
vector_store: {provider: pgvector, collection: help_1}
embedding: {provider: acme, model: embed-1, dimensions: 256}
metric: cosine
chunking: {strategy: recursive, chunk_size: 512, chunk_overlap: 64}
source: {uri: "s3://acme/help.jsonl", sha256: "9f2c"}
fields: {status: string}
""",
    "guardrails/tone.yaml": """\
output:
  - {type: banned_topics, topics: [{id: legal, phrases: [sue, legal advice]}]}
""",
    "guardrails/privacy.yaml": """\
input:
  - {type: pii, entities: [iban, card_number], action: redact}
egress:
  destinations: [{id: llm, hosts: [b.example, a.example], redact: [phone, email]}]
fallback_message: A colleague will help.
""",
    "tool_policies/shop.yaml": """\
tools:
  - {name: find_order, access: read, scopes: ["orders:read"], limits: {per_minute: 60}}
  - {name: refund, access: write, arguments: {amount: {type: decimal, max: "50.00"}}}
""",
    "oversight_policies/shop.yaml": """\
rules:
  - {action: find_order, mode: autonomous}
  - {action: refund, mode: confirm, approvers: {role: lead}, expires_in: 30m}
kill_switch: {env_var: AGENT_STOP}
""",
}

SMALL: Mapping[str, str] = {"promptctl.yaml": PIPELINE, "prompts/hello.md": HELLO}


def greeting(text: str, name: str = "hello") -> dict[str, str]:
    """Return a small prompt's file with another text."""
    return {f"prompts/{name}.md": HELLO.replace("Greet the customer.", text)}


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(path: Path, *args: str, environ: Mapping[str, str]) -> Done:
    """Run `promptctl` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "promptctl", *args],
        cwd=path,
        env=dict(environ),
        capture_output=True,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def start(path: Path, *args: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start `promptctl` and do not wait for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "promptctl", *args],
        cwd=path,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finished(process: subprocess.Popen[bytes]) -> Done:
    """Wait for what `start` began."""
    out, err = process.communicate(timeout=120)
    return Done(process.returncode, out.decode(), err.decode())


def call(clone: Clone, *args: str) -> Done:
    """Run `promptctl` as that person in this process: the same code, without another start of Python."""
    out, err = io.StringIO(), io.StringIO()
    with _environment(clone.environ), redirect_stdout(out), redirect_stderr(err):
        code = run_here(["-C", str(clone.path), *args])
    return Done(code, out.getvalue(), err.getvalue())


def ok(clone: Clone, *args: str) -> Any:
    """Run `promptctl … -o json`, which must succeed, and return what it printed."""
    done = call(clone, *args, "-o", "json")
    assert done.code == 0, f"{args}: {done.code} {done.out} {done.err}"
    return done.json


def refused(clone: Clone, code: int, *args: str) -> Any:
    """Run what must be refused with this exit code, with nothing changed anywhere; return the error."""
    before = everywhere(clone)
    done = call(clone, *args, "-o", "json")
    assert done.code == code, f"{args}: {done.code} {done.out} {done.err}"
    assert everywhere(clone) == before
    last = done.out[done.out.rindex('{\n  "code"') :]
    return json.loads(last)


def everywhere(clone: Clone) -> tuple[str, str]:
    """Return what a refusal may not change: the branches and tags that are shared, and the work tree."""
    remote = clone.git("remote")
    shared = clone.git("ls-remote", "origin") if remote else clone.git("for-each-ref")
    bare = clone.git("rev-parse", "--is-bare-repository") == "true"
    return shared, "" if bare else clone.git("status", "--porcelain=v2", "--branch")


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def quick_environ(home: Path) -> dict[str, str]:
    """Return a hermetic environment in which git does not wait for the disk."""
    environ = hermetic_environ(home)
    config = home / ".gitconfig"
    if "fsync" not in config.read_text("utf-8"):
        config.write_text(config.read_text("utf-8") + "[core]\n\tfsync = none\n", "utf-8")
    return environ


def shop(directory: Path, files: Mapping[str, str] = SMALL) -> Clone:
    """Return a clone of a new registry with a bare remote."""
    environ = quick_environ(directory / "home")
    remote = make_remote(directory / "remote.git", environ, files)
    return make_clone(remote, directory / "ada", environ)


def another(clone: Clone, name: str, **config: str) -> Clone:
    """Return one more clone of the same remote, of another person."""
    directory = clone.path.parent
    environ = {
        **quick_environ(directory / f"home-{name}"),
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": f"{name}@acme.example",
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": f"{name}@acme.example",
    }
    keys = {key.replace("_", "."): value for key, value in config.items()}
    return make_clone(clone.git("remote", "get-url", "origin"), directory / name, environ, keys)


def local_shop(directory: Path, files: Mapping[str, str] = SMALL) -> Clone:
    """Return a registry without a remote."""
    clone = make_repository(directory / "alone", quick_environ(directory / "home"))
    clone.commit(files, "first")
    return clone


def publish(clone: Clone, files: Mapping[str, str | bytes], message: str = "change") -> str:
    """Commit files and push them to the default branch."""
    commit = clone.commit(files, message)
    if clone.git("remote"):
        clone.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
    return commit


def new_version(clone: Clone, text: str, name: str = "hello") -> Any:
    """Publish a prompt with another text and release it; return what `release` says of it."""
    publish(clone, greeting(text, name))
    (released,) = ok(clone, "release", name)["releases"]
    assert released["outcome"] == "released"
    return released


def shared(clone: Clone, ref: str) -> str:
    """Return the id that a shared ref has, empty where there is none."""
    if not clone.git("remote"):
        return clone.git("rev-parse", "--verify", "--quiet", ref, check=False)
    lines = clone.git("ls-remote", "origin", ref).splitlines()
    return lines[0].split("\t")[0] if lines else ""


def lock_of(clone: Clone, environment: str) -> Any:
    """Return the lock of an environment as it is shared now."""
    ref = f"refs/heads/env/{environment}"
    if clone.git("remote"):
        clone.git("fetch", "--quiet", "origin", f"+{ref}:refs/remotes/origin/env/{environment}")
        ref = f"refs/remotes/origin/env/{environment}"
    return json.loads(clone.git("show", f"{ref}:lock.json"))


def serving(clone: Clone, environment: str) -> dict[str, str]:
    """Return the versions that serve in an environment, by address."""
    return {address: pin["version"] for address, pin in lock_of(clone, environment)["pins"].items()}
