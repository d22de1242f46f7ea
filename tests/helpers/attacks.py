"""What somebody who may push can do to the refs of a registry with plain git, and whom it meets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.forging import signature
from helpers.keys import make_key, signers, signs
from helpers.repositories import Clone, make_clone
from helpers.shop import PIPELINE, another, greeting, new_version, ok, publish, quick_environ, shop

from promptctl.core import lock as locks
from promptctl.model import promotion as promotions

HELLO = "prompts/hello"
ENV = "refs/heads/env/"
FOLDERS = ("remote.git", "ada", "eve", "grace", "keys")
SIGNED = """\
environments:
  - name: dev
  - name: staging
    after: dev
    gates: {signed: true, approvals: {count: 1}}
promoters: [ada@acme.example]
waivers: {allowed: [ada]}
people: {ada: [ada@acme.example], grace: [grace@acme.example]}
"""
Entries = dict[str, tuple[str, str]]
"""(mode, id) by path."""


@dataclass(frozen=True)
class World:
    """A registry that was sound when Ada last looked. Eve may push; Ben has not yet cloned it."""

    folder: Path
    environ: Mapping[str, str]

    @property
    def ada(self) -> Clone:
        return Clone(self.folder / "ada", self.environ)

    @property
    def eve(self) -> Clone:
        return Clone(self.folder / "eve", person("eve", self.environ))

    def key(self, name: str) -> Path:
        """Return somebody's private key; Eve has one that nobody allows."""
        return self.folder / "keys" / f"{name}@acme.example"

    def public(self, name: str) -> bytes:
        return self.key(name).with_name(f"{name}@acme.example.pub").read_bytes()

    @property
    def grace(self) -> Clone:
        return Clone(self.folder / "grace", person("grace", self.environ))

    @property
    def remote(self) -> Clone:
        return Clone(self.folder / "remote.git", self.environ)

    def ben(self) -> Clone:
        """Return a clone that is made now."""
        path = self.folder / "ben"
        shutil.rmtree(path, ignore_errors=True)
        return make_clone(self.remote, path, self.environ)

    def copied(self, folder: Path) -> World:
        """Return the same in another folder."""
        for name in FOLDERS:
            shutil.copytree(self.folder / name, folder / name, symlinks=True)
        for name in FOLDERS[1:-1]:
            config = folder / name / ".git/config"
            config.write_text(config.read_text().replace(str(self.folder), str(folder)))
        return World(folder, self.environ)

    # --- what Eve reads ---------------------------------------------------------------------------------

    def at(self, ref: str) -> str:
        """Return the id that a shared ref has."""
        return self.remote.git("rev-parse", ref)

    def show(self, name: str) -> bytes:
        return (self.remote.git("show", name) + "\n").encode()

    def entries(self, treeish: str) -> Entries:
        """Return all files of a tree."""
        lines = self.remote.git("ls-tree", "-r", treeish).splitlines()
        parted = [line.partition("\t") for line in lines]
        return {path: (head.split()[0], head.split()[2]) for head, _, path in parted}

    # --- what Eve writes --------------------------------------------------------------------------------

    def set(self, ref: str, oid: str) -> None:
        """Let a shared ref be at any object; empty deletes it."""
        self.remote.git("update-ref", *([ref, oid] if oid else ["-d", ref]))

    def object(self, kind: str, content: bytes) -> str:
        """Write any bytes as an object of any kind."""
        words = ("hash-object", "-w", "--stdin", "-t", kind, "--literally")
        return self.remote.git(*words, stdin=content)

    def tree(self, entries: Entries) -> str:
        index = Clone(self.remote.path, {**self.environ, "GIT_INDEX_FILE": str(self.folder / "index")})
        index.git("read-tree", "--empty")
        lines = "".join(f"{mode} {oid}\t{path}\n" for path, (mode, oid) in entries.items())
        index.git("update-index", "--add", "--index-info", stdin=lines.encode())
        return index.git("write-tree", "--missing-ok")

    def commit(
        self, tree: str, parents: tuple[str, ...], message: str, when: str = "", who: str = "eve"
    ) -> str:
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when} if when else {}
        names = {f"GIT_{role}_NAME": who for role in ("AUTHOR", "COMMITTER")}
        mails = {f"GIT_{role}_EMAIL": f"{who}@acme.example" for role in ("AUTHOR", "COMMITTER")}
        git = Clone(self.remote.path, {**self.environ, **dates, **names, **mails})
        words = [word for each in parents for word in ("-p", each)]
        return git.git("commit-tree", tree, *words, stdin=message.encode())

    def rewrite(
        self,
        environment: str,
        edit: Callable[[Entries], None] = lambda _: None,
        *,
        on_top: bool = False,
        message: str = "",
        when: str = "",
        more_parents: tuple[str, ...] = (),
    ) -> str:
        """Put an edited head in the place of an environment's, or on top of it."""
        ref = ENV + environment
        entries = self.entries(ref)
        edit(entries)
        parents = self.remote.git("log", "-1", "--format=%P", ref).split()
        kept = self.remote.git("log", "-1", "--format=%B", ref).rstrip("\n") + "\n"
        above = (self.at(ref),) if on_top else tuple(parents)
        made = self.commit(self.tree(entries), (*above, *more_parents), message or kept, when)
        self.set(ref, made)
        return made

    def put(self, path: str, content: bytes, mode: str = "100644") -> Callable[[Entries], None]:
        """Return the edit that puts a file."""
        oid = self.object("blob", content)
        return lambda entries: entries.update({path: (mode, oid)})

    def lock(
        self, environment: str, change: Callable[[Any], None], *, tidy: bool = True
    ) -> Callable[[Entries], None]:
        """Return the edit that changes a lock, with the README that promptctl would write for it."""
        plain = json.loads(self.show(f"{ENV}{environment}:lock.json"))
        change(plain)
        content = pretty(plain)
        edits = [self.put("lock.json", content)]
        if tidy:
            lock = locks.parse(content, environment=environment)
            record = promotions.parse(self.show(f"{ENV}{environment}:promotion.json"))
            edits.append(self.put("README.md", promotions.readme(lock, record)))
        return both(*edits)

    def pin(self, environment: str, **fields: Any) -> Callable[[Entries], None]:
        return self.lock(environment, lambda plain: plain["pins"][HELLO].update(fields))

    def record(self, environment: str, change: Callable[[Any], None]) -> Callable[[Entries], None]:
        plain = json.loads(self.show(f"{ENV}{environment}:promotion.json"))
        change(plain)
        return self.put("promotion.json", pretty(plain))

    def sign(self, who: str, namespace: str = "promptctl") -> Callable[[Entries], None]:
        """Return the edit that puts somebody's signature of the lock that stands there."""

        def edit(entries: Entries) -> None:
            lock = self.remote.git("cat-file", "blob", entries["lock.json"][1]).encode() + b"\n"
            self.put("lock.json.sig", signature(lock, self.key(who), namespace))(entries)

        return edit

    def tag(self, version: str, change: Callable[[bytes], bytes]) -> None:
        """Put a changed tag object in the place of a release's."""
        ref = f"refs/tags/{HELLO}/v{version}"
        content = self.remote.git("cat-file", "tag", ref).encode() + b"\n"
        changed = change(content)
        assert changed != content
        self.set(ref, self.object("tag", changed))

    def release(
        self,
        version: str,
        edit: Callable[[Entries], None],
        *,
        of: str = "1.1.0",
        said: Callable[[bytes], bytes] = lambda content: content,
    ) -> None:
        """Tag a release of Eve's own: that of another version, with other files, as if it were sound."""
        ref = f"refs/tags/{HELLO}/v{of}"
        entries = self.entries(ref)
        edit(entries)
        old = self.remote.git("cat-file", "commit", f"{ref}^{{commit}}").encode() + b"\n"
        tree = self.remote.git("rev-parse", f"{ref}^{{tree}}")
        made = old.replace(tree.encode(), self.tree(entries).encode()).replace(of.encode(), version.encode())
        commit = self.object("commit", said(made))
        tag = self.remote.git("cat-file", "tag", ref).encode() + b"\n"
        tag = tag.replace(self.at(f"{ref}^{{commit}}").encode(), commit.encode())
        tag = said(tag.replace(of.encode(), version.encode()))
        self.set(f"refs/tags/{HELLO}/v{version}", self.object("tag", tag))


def pretty(plain: Any) -> bytes:
    """Return JSON as promptctl lays it out."""
    return (json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def both(*edits: Callable[[Entries], None]) -> Callable[[Entries], None]:
    """Return the edit that makes these, one after the other."""

    def edit(entries: Entries) -> None:
        for each in edits:
            each(entries)

    return edit


def person(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of somebody."""
    named = {f"GIT_{role}_NAME": name for role in ("AUTHOR", "COMMITTER")}
    mailed = {f"GIT_{role}_EMAIL": f"{name}@acme.example" for role in ("AUTHOR", "COMMITTER")}
    return {**environ, **named, **mailed}


def make_world(folder: Path) -> World:
    """Make a sound registry: hello 1.1.0 serves dev and staging, each after 1.0.0; 1.2.0 serves nowhere."""
    ada = shop(folder, {"promptctl.yaml": PIPELINE, **greeting("One."), **greeting("Bye.", "bye")})
    ok(ada, "release", "hello", "bye")
    for text in ("", "Two."):
        if text:
            new_version(ada, text)
        for environment in ("dev", "staging"):
            ok(ada, "promote", "hello", "bye", "--to", environment)
    new_version(ada, "Three.")
    another(ada, "eve")
    another(ada, "grace")
    (folder / "keys").mkdir()
    return World(folder, quick_environ(folder / "home"))


def make_signed_world(folder: Path) -> World:
    """Make one in which all is signed: hello 1.1.0 serves dev and staging, and now 1.2.0 dev; Grace approved
    1.0.0 and 1.1.0 for staging.
    """
    ada = shop(folder, greeting("One."))
    another(ada, "eve")
    world = World(folder, quick_environ(folder / "home"))
    another(ada, "grace")
    publish(ada, {**signers([ada, world.grace]), "promptctl.yaml": SIGNED})
    make_key(world.key("eve"))
    for version, text in (("1.0.0", "One."), ("1.1.0", "Two."), ("1.2.0", "Three.")):
        if version == "1.0.0":
            ok(ada, "release", "hello")
        else:
            new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
        if version != "1.2.0":
            ok(world.grace, "approve", f"hello@{version}", "--for", "staging")
            ok(ada, "promote", "hello", "--to", "staging")
    return world


def with_key(world: World, who: str) -> Clone:
    """Let Eve sign with somebody's key."""
    return signs(world.eve, world.key(who))
