"""Registries to measure on, the same on every machine, made once and kept in the user's cache.

Half of the artifacts are prompts. They are released in waves: a commit of `main` changes all of them, and
each gets one release. An environment has seen the last waves, `prod` one wave later than the others: so one
promotion of any prompt to `prod` is to be done, and can be rolled back. All objects are written by
promptctl's own writers.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.packing import Packed, write_packed_refs
from promptctl.core.bundle import digest_of
from promptctl.core.lock import Lock, Pin
from promptctl.core.names import EVIDENCE_BRANCH, environment_ref, tag_of
from promptctl.core.versions import Version
from promptctl.model import release as formats
from promptctl.model.bundle import BuiltBundle
from promptctl.model.evidence import CaseResult, Experiment, name_of
from promptctl.model.promotion import Move, Promotion
from promptctl.services.pipeline import parse
from promptctl.store import environments, releases
from promptctl.store.environments import EnvironmentState, Person, Policy, write_tree
from promptctl.store.evidence import folder_of
from promptctl.store.objects import REGULAR, object_id

VERSION = 3
"""Grows with every change of what is generated."""

_WAVES_SEEN = 3
_PERSON = Person("Ada", "ada@acme.example")
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_SHARES = {"partials": 10, "evals": 15, "datasets": 15, "guardrails": 5, "rag_configs": 5}
_TEXT = (
    "answer from the passages only name each source keep every promise short and true never invent a date of"
    " delivery ask when the question is unclear say what the customer can do next and stay kind"
)
_WORDS = _TEXT.split()
_PIPELINE = b"""\
environments:
  - name: dev
  - name: staging
    after: dev
  - name: prod
    after: staging
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a registry is. Half of its artifacts are prompts."""

    name: str
    artifacts: int
    releases: int

    @property
    def prompts(self) -> int:
        """How many artifacts are prompts."""
        return self.artifacts // 2

    @property
    def waves(self) -> int:
        """How many releases every prompt has."""
        return self.releases // self.prompts


SIZES = {
    each.name: each
    for each in (
        Size("S", 100, 1_000),
        Size("S20", 100, 20_000),  # S with twenty times the releases, and nothing else
        Size("M", 1_000, 20_000),
        Size("L", 10_000, 100_000),
    )
}


@dataclass(frozen=True, slots=True)
class Place:
    """A registry on disk: a bare remote, and a clone of its branches without tags and without files."""

    directory: Path

    @property
    def remote(self) -> Path:
        """The bare repository that is shared."""
        return self.directory / "remote.git"

    @property
    def clone(self) -> Path:
        """Where commands run."""
        return self.directory / "clone"

    @property
    def environ(self) -> Mapping[str, str]:
        """An environment in which git sees no configuration but the place's own."""
        own = {"HOME": str(self.directory), "GIT_CONFIG_GLOBAL": str(self.directory / ".gitconfig")}
        return {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8", **own}

    def git(self, *words: str, directory: Path | None = None) -> str:
        """Run plain git, in the clone where nothing else is said; return what it printed."""
        done = subprocess.run(
            ["git", *words],
            cwd=directory or self.clone,
            env=dict(self.environ),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()


def name(number: int) -> str:
    """Return the name of a prompt."""
    return f"answer-{number:05}"


@contextmanager
def registry(size: str) -> Iterator[Place]:
    """A fresh copy of a registry, gone afterwards; packs are shared with the kept one by hard links."""
    with _copy(_kept(SIZES[size], "", _make)) as place:
        place.git("remote", "set-url", "origin", place.remote.as_uri())
        yield place


@contextmanager
def files(size: str) -> Iterator[Place]:
    """The files of a registry in one commit of `main`, without any release and without a remote."""
    with _copy(_kept(SIZES[size], "-files", _make_files)) as place:
        yield place


@contextmanager
def _copy(kept: Path) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="work-", dir=kept.parent) as work:
        place = Place(Path(work) / "registry")
        shutil.copytree(kept, place.directory, copy_function=_link_packs, symlinks=True)
        yield place


def _link_packs(source: str, target: str) -> None:
    if source.endswith((".pack", ".idx", ".graph")):  # git replaces these and never writes into them
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def _kept(size: Size, what: str, make: Callable[[Place, Size], None]) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = cache / "promptctl-benchmarks" / f"v{VERSION}" / f"{size.name}{what}"
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="new-", dir=directory.parent) as new:
            place = Place(Path(new) / size.name)
            make(place, size)
            place.directory.rename(directory)
    return directory


def _make_files(place: Place, size: Size) -> None:
    _begin(place, place.clone)
    objects = Packed(place.clone / ".git")
    head = _Story(size, objects).commit()
    objects.finish()
    place.git("update-ref", "refs/heads/main", head)


def _make(place: Place, size: Size) -> None:
    _begin(place, place.remote, "--bare")
    objects = Packed(place.remote)
    refs = _Story(size, objects).tell()
    objects.finish()
    write_packed_refs(place.remote, refs)
    place.git("commit-graph", "write", "--reachable", directory=place.remote)
    place.git(
        *("clone", "--quiet", "--no-tags", "--no-checkout", place.remote.as_uri(), str(place.clone)),
        directory=place.directory,
    )
    place.git("fetch", "--quiet", "--no-tags", "origin", "+HEAD:refs/promptctl/origin/HEAD")
    place.git("pack-refs", "--all")


def _begin(place: Place, repository: Path, *words: str) -> None:
    """Make an empty repository in an empty place."""
    place.directory.mkdir()
    (place.directory / ".gitconfig").write_text(
        f"[user]\n\tname = {_PERSON.name}\n\temail = {_PERSON.email}\n[init]\n\tdefaultBranch = main\n"
    )
    place.git("init", "--quiet", *words, str(repository), directory=place.directory)


class _Story:
    """What happened in a registry, from its first commit on."""

    def __init__(self, size: Size, objects: Packed) -> None:
        self._size = size
        self._objects = objects
        self._random = random.Random(20_260_105)
        self._refs: dict[str, tuple[str, str | None]] = {}
        self._others = self._other_files()
        self._texts = [self._sentence(60) for _ in range(size.prompts)]

    def tell(self) -> Mapping[str, tuple[str, str | None]]:
        """Write everything and return the refs, each with what its tag names."""
        head: Source | None = None
        waves: list[dict[str, Pin]] = []
        for wave in range(self._size.waves):
            rules, files = self._files()
            head = self._commit(files, head, wave)
            pins = (self._release(each, rule, wave, head) for each, rule in enumerate(rules))
            waves = [*waves[-_WAVES_SEEN:], dict(pins)]
        assert head is not None
        self._refs["refs/heads/main"] = (head.commit, None)
        for environment in ("dev", "staging", "prod"):
            seen = waves[:-1] if environment == "prod" else waves[1:]
            self._refs[environment_ref(environment)] = (self._environment(environment, seen, head), None)
        self._refs[EVIDENCE_BRANCH] = (self._evidence(waves[-1]), None)
        return self._refs

    def commit(self) -> str:
        """Write the files of one wave; return their commit."""
        return self._commit(self._files()[1], None, 0).commit

    def text(self, number: int) -> str:
        """Return the text of a prompt that no wave changes."""
        return self._texts[number]

    def file(self, path: str) -> str:
        """Return the text of a file that no wave changes."""
        return self._others[path].decode()

    def count(self, folder: str) -> int:
        """Return how many artifacts of a folder there are."""
        return self._size.artifacts * _SHARES[folder] // 100

    def _sentence(self, words: int) -> str:
        return " ".join(self._random.choices(_WORDS, k=words)).capitalize() + "."

    def _files(self) -> tuple[list[str], dict[str, bytes]]:
        """Return the rules of the next wave's prompts, and all files with them in."""
        rules = [self._sentence(12) for _ in range(self._size.prompts)]
        prompts = {_path(each): _prompt(self, each, rule) for each, rule in enumerate(rules)}
        return rules, {**self._others, **prompts}

    def _other_files(self) -> dict[str, bytes]:
        files = {"promptctl.yaml": _PIPELINE, "context_templates/passages.md": _PASSAGES.encode()}
        for each in range(self.count("partials")):
            files[f"partials/voice-{each:05}.md"] = f"{self._sentence(40)}\n".encode()
        for each in range(self.count("guardrails")):
            files[f"guardrails/length-{each:05}.yaml"] = _guardrail(each)
        for each in range(self.count("rag_configs")):
            files[f"rag_configs/passages-{each:05}.yaml"] = f"retrieval: {{top_k: {each % 9 + 1}}}\n".encode()
        for each in range(self.count("evals")):
            files[f"evals/answer-{each:05}.yaml"] = _suite(each)
            files[f"datasets/questions-{each:05}.jsonl"] = self._dataset()
        return files

    def _dataset(self) -> bytes:
        cases = ({"id": f"c{each:03}", "vars": {"question": self._sentence(8)}} for each in range(20))
        return "".join(json.dumps(each) + "\n" for each in cases).encode()

    def _commit(self, files: Mapping[str, bytes], parent: Source | None, wave: int) -> Source:
        entries = {path: (REGULAR, self._objects.write_blob(content)) for path, content in files.items()}
        line = _PERSON.line(_at(wave)).decode()
        lines = [f"tree {write_tree(self._objects, entries)}"]
        lines += [f"parent {parent.commit}"] if parent else []
        raw = "\n".join([*lines, f"author {line}", f"committer {line}", "", f"prompts: wave {wave + 1}", ""])
        return Source(self._objects.write_commit(raw.encode()), raw.encode(), files)

    def _release(self, number: int, rule: str, wave: int, source: Source) -> tuple[str, Pin]:
        built = _bundle(self, number, rule)
        version = Version.parse(f"1.{wave}.0")
        files = {path: source.files[path] for path in built.paths}
        tree = releases.tree(self._objects, built, source.commit, files)
        ref = tag_of(built.address, version)
        below = self._refs.get(tag_of(built.address, Version.parse(f"1.{wave - 1}.0"))) if wave else None
        commit = self._objects.write_commit(
            formats.commit_bytes(
                tree=tree,
                parent=below[1] if below else None,
                source=source.raw,
                source_commit=source.commit,
                bundle=built,
                version=version,
            )
        )
        tag = self._objects.write_tag(
            formats.tag_bytes(
                commit=commit,
                address=built.address,
                version=version,
                digest=built.digest,
                tagger=b"tagger " + _PERSON.line(_at(wave)),
                notes="",
            )
        )
        self._refs[ref] = (tag, commit)
        at = _stamp(_at(wave))
        return built.address, Pin(str(version), built.digest, ref, tag, commit, tree, at, _PERSON.email)

    def _environment(self, environment: str, waves: list[dict[str, Pin]], head: Source) -> str:
        policy = Policy(_PIPELINE, object_id("blob", _PIPELINE), asdict(parse(_PIPELINE)))
        state = EnvironmentState(environment, None, Lock(environment))
        for number, pins in enumerate(waves):
            before = state.lock.pins
            lock = state.lock.promoted(pins)
            moves = tuple(
                Move(address, before[address].version if address in before else None, pin.version)
                for address, pin in pins.items()
            )
            now = _at(self._size.waves + number)
            promotion = Promotion(
                "promote", _PERSON.email, _stamp(now), changes=moves, policy_commit=head.commit
            )
            commit = environments.write(
                self._objects, state, lock, promotion, policy=policy, person=_PERSON, now=now
            )
            state = EnvironmentState(environment, commit, lock)
        return str(state.head)

    def _evidence(self, pins: Mapping[str, Pin]) -> str:
        entries = {}
        for number in range(self.count("evals")):
            address = f"prompts/{name(number)}"
            content = _experiment(number, address, pins[address].digest).to_bytes()
            path = f"{folder_of(address, pins[address].digest)}/{name_of(content)}.json"
            entries[path] = (REGULAR, self._objects.write_blob(content))
        line = _PERSON.line(_at(self._size.waves)).decode()
        raw = f"tree {write_tree(self._objects, entries)}\nauthor {line}\ncommitter {line}\n\nEvidence\n"
        return self._objects.write_commit(raw.encode())


@dataclass(frozen=True, slots=True)
class Source:
    """A commit of `main`: its id, its bytes, its files."""

    commit: str
    raw: bytes
    files: Mapping[str, bytes]


def _at(step: int) -> datetime:
    return _START + timedelta(hours=step)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _path(number: int) -> str:
    return f"prompts/{name(number)}.md"


_PASSAGES = """\
---
inputs:
  documents: {kind: array, required: true}
---
{% for each in documents %}{{ each.content }}
{% endfor %}
"""


def _guardrail(number: int) -> bytes:
    return f"input:\n  - {{type: max_length, action: block, max_characters: {4_000 + number}}}\n".encode()


def _suite(number: int) -> bytes:
    return f"""\
target: prompts/{name(number)}
dataset: questions-{number:05}
assert:
  - {{type: icontains, value: passage}}
""".encode()


def _parts(story: _Story, number: int) -> tuple[str, str, str]:
    """Return the names of the partial, the guardrail and the RAG config that a prompt uses."""
    return (
        f"voice-{number % story.count('partials'):05}",
        f"length-{number % story.count('guardrails'):05}",
        f"passages-{number % story.count('rag_configs'):05}",
    )


def _prompt(story: _Story, number: int, rule: str) -> bytes:
    partial, guardrail, rag_config = _parts(story, number)
    return f"""\
---
name: {name(number)}
description: Answers questions of department {number}.
model: {{provider: replay, id: recorded-{number % 3}}}
inputs:
  question: {{kind: string, required: true}}
  context: {{kind: string, required: true}}
promptctl: {{rag_config: {rag_config}, context_template: passages, guardrails: [{guardrail}]}}
---
# system:
{{% include "{partial}" %}}
{story.text(number)}
{rule}

# user:
<passages>
{{{{ context }}}}
</passages>
{{{{ question }}}}
""".encode()


def _bundle(story: _Story, number: int, rule: str) -> BuiltBundle:
    """Return the bundle that promptctl makes of the prompt's file, without a hundred thousand times YAML."""
    address = f"prompts/{name(number)}"
    partial, guardrail, rag_config = _parts(story, number)
    voice = story.file(f"partials/{partial}.md")
    maximum = 4_000 + number % story.count("guardrails")
    prompt = {
        "inputs": {each: {"kind": "string", "required": True} for each in ("context", "question")},
        "messages": [
            {"role": "system", "text": f"{voice}{story.text(number)}\n{rule}"},
            {"role": "user", "text": "<passages>\n{{ context }}\n</passages>\n{{ question }}"},
        ],
        "model": {"provider": "replay", "id": f"recorded-{number % 3}"},
        "uses": {
            "rag_config": f"rag_configs/{rag_config}",
            "context_template": "context_templates/passages",
            "guardrails": [f"guardrails/{guardrail}"],
        },
    }
    settings = {"retrieval": {"top_k": number % story.count("rag_configs") % 9 + 1}}
    template = {
        "inputs": {"documents": {"kind": "array", "required": True}},
        "text": _PASSAGES.rpartition("---\n")[2].removesuffix("\n"),
    }
    rules = {"input": [{"type": "max_length", "action": "block", "max_characters": maximum}]}
    plain = {
        "schema": "promptctl.bundle/v1",
        "root": address,
        "artifacts": {
            address: prompt,
            f"guardrails/{guardrail}": rules,
            f"rag_configs/{rag_config}": settings,
            "context_templates/passages": template,
        },
    }
    content = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    paths = (
        "context_templates/passages.md",
        f"guardrails/{guardrail}.yaml",
        f"partials/{partial}.md",
        _path(number),
        f"rag_configs/{rag_config}.yaml",
    )
    about = {address: {"name": name(number), "description": f"Answers questions of department {number}."}}
    return BuiltBundle(address, content, digest_of(content), paths, about)


def _experiment(number: int, address: str, digest: str) -> Experiment:
    return Experiment(
        address=address,
        digest=digest,
        suite=f"evals/answer-{number:05}",
        suite_digest="sha256:" + f"{number:064x}",
        dataset_sha256=f"{number:064x}",
        provider="replay",
        model_named=f"recorded-{number % 3}",
        model_answered=f"recorded-{number % 3}",
        live=0,
        cached=0,
        replayed=20,
        started=_stamp(_START),
        cases=tuple(CaseResult(f"c{each:03}", scores={"pass": (1.0,)}) for each in range(20)),
    )
