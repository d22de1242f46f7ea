"""Whatever a registry is made of: a finding with a place or a refusal with a hint, and nothing changes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers.environments import digest
from helpers.repositories import Clone, hermetic_environ, make_repository
from helpers.shop import PIPELINE, SMALL, Done, call, greeting, ok, publish, run, shop

ADDRESS = "prompts/hello"
DEV = "refs/heads/env/dev"
FILES: Mapping[str, str] = {
    **SMALL,
    "evals/hello.yaml": "target: prompts/hello\ndataset: hello\nassert:\n  - {type: contains, value: hi}\n",
    "datasets/hello.jsonl": '{"id": "a", "vars": {"name": "x"}}\n',
}
HERE = (
    "validate",
    "render hello --var name=x",
    "verify --all",
    "eval hello --replay nothing.json",
    "promote hello --to staging --dry-run",
)
SHARED = (
    "list",
    "status",
    "show hello",
    "history --env dev",
    "verify --env dev",
    "render hello@dev --var name=x",
    "diff hello@dev hello",
    "release hello",
    "promote hello --to staging",
    "rollback hello --env dev --reason broken",
    "hold hello --env dev --reason broken",
    "unhold hello --env dev --reason fixed",
)
LOCKED = (
    "status",
    "verify --env dev",
    "promote hello --to staging",
    "rollback hello --env dev --reason broken",
)
REMOTE = (
    "verify --all",
    *(each for each in SHARED if not each.startswith(("show", "verify", "hold", "unhold"))),
)
WRITING = ("release", "promote", "rollback", "hold", "unhold")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with two releases of one prompt: both served in dev, the first serves in staging."""
    directory = tmp_path_factory.mktemp("template") / "shop"
    ada = shop(directory, FILES)
    ok(ada, "release", "hello")
    ok(ada, "promote", "hello", "--to", "dev")
    publish(ada, greeting("Greet the customer warmly."))
    ok(ada, "release", "hello")
    ok(ada, "promote", "hello", "--to", "dev")
    ok(ada, "promote", "hello@1.0.0", "--to", "staging")
    return directory


class World:
    """A copy of the shop that a test may break: Ada's clone, and the remote."""

    def __init__(self, template: Path, directory: Path) -> None:
        shutil.copytree(template, directory, symlinks=True)
        environ = hermetic_environ(directory / "home")
        self.directory = directory
        self.ada = Clone(directory / "ada", environ)
        self.remote = Clone(directory / "remote.git", environ)
        self.ada.git("remote", "set-url", "origin", self.remote.path.as_uri())

    @property
    def work_tree(self) -> Path:
        return self.ada.path

    def replace(self, ref: str, files: Mapping[str, bytes], mode: str = "100644") -> str:
        """Commit files over those of a ref; return the commit."""
        git = self.remote.git
        staging = Clone(self.remote.path, {**self.remote.environ, "GIT_INDEX_FILE": "scratch-index"})
        head = git("rev-parse", "--verify", "--quiet", ref, check=False)
        staging.git("read-tree", head or "--empty")
        for path, content in files.items():
            blob = git("hash-object", "-w", "--stdin", stdin=content)
            staging.git("rm", "-r", "-q", "--cached", "--ignore-unmatch", "--", path)
            staging.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        parents = ["-p", head] if head else []
        commit = git("commit-tree", staging.git("write-tree"), *parents, "-m", "broken")
        git("update-ref", ref, commit)
        return commit

    def remove(self, ref: str, path: str) -> None:
        staging = Clone(self.remote.path, {**self.remote.environ, "GIT_INDEX_FILE": "scratch-index"})
        staging.git("read-tree", ref)
        staging.git("rm", "-r", "-q", "--cached", "--", path)
        commit = staging.git("commit-tree", staging.git("write-tree"), "-p", ref, "-m", "broken")
        staging.git("update-ref", ref, commit)

    def lock(self, **fields: Any) -> None:
        """Change fields of dev's lock."""
        plain = json.loads(self.remote.git("show", f"{DEV}:lock.json"))
        self.replace(DEV, {"lock.json": json.dumps({**plain, **fields}).encode()})

    def pin(self, **fields: Any) -> None:
        """Change fields of the one pin of dev's lock."""
        pins = json.loads(self.remote.git("show", f"{DEV}:lock.json"))["pins"]
        self.lock(pins={ADDRESS: {**pins[ADDRESS], **fields}})

    def tag(self, target: str, message: str | None, version: str = "9.0.0") -> None:
        """Tag something as a release, without a message by a lightweight tag."""
        name = f"{ADDRESS}/v{version}"
        if message is None:
            self.remote.git("update-ref", f"refs/tags/{name}", target)
        else:
            self.remote.git("tag", "--force", "--annotate", "--message", message, name, target)

    def refs(self) -> str:
        return self.remote.git("for-each-ref")


@pytest.fixture
def world(template: Path, tmp_path: Path) -> World:
    return World(template, tmp_path / "world")


def check(done: Done, what: str) -> None:
    """What went wrong is said with a place or a hint, in clean words."""
    assert done.code in {0, 1, 2, 4, 5}, f"{what}: {done.code} {done.out} {done.err}"
    assert "Traceback" not in done.err + done.out
    assert not set(done.out + done.err) & set("\x00\x07\x1b\x9b"), what
    if not done.code:
        return
    if '"promptctl.error/v1"' in done.out:
        error = json.loads(done.out[done.out.rindex('{\n  "code"') :])
        assert error["message"], what
        assert error["hint"], f"{what}: {error}"
    else:
        said = json.loads(done.out)
        stopped = [each for each in said.get("gates", ()) if each["result"] != "pass"]
        assert said.get("findings") or said.get("violations") or stopped, f"{what}: {said}"
        assert all(each["reason"] for each in stopped), f"{what}: {said}"
        for finding in said.get("findings", ()):
            assert finding["path"], what
            assert finding["message"], f"{what}: {finding}"


def everything(world: World, clone: Clone | None = None, commands: Iterable[str] = SHARED) -> dict[str, Done]:
    """Run every command; whatever is refused, and whatever only reads, has changed nothing on the remote."""
    results = {}
    for words in commands:
        before = world.refs()
        done = results[words] = call(clone or world.ada, *words.split(), "-o", "json")
        check(done, words)
        if done.code or not words.startswith(WRITING):
            assert world.refs() == before, words
    return results


def test_nothing_is_refused_where_nothing_is_wrong(world: World) -> None:
    done = {words: each.code for words, each in everything(world, commands=HERE + SHARED).items()}
    assert {words for words, code in done.items() if code} == {"eval hello --replay nothing.json"}


# --- where the command runs -------------------------------------------------------------------------------


def _empty_folder(world: World) -> Clone:
    folder = world.directory / "empty"
    folder.mkdir()
    return Clone(folder, world.ada.environ)


def _no_git(world: World) -> None:
    shutil.rmtree(world.work_tree / ".git")


def _another_repository(world: World) -> Clone:
    other = make_repository(world.directory / "other", world.ada.environ)
    other.commit({"README.md": "hello\n"})
    return other


def _unborn(world: World) -> Clone:
    clone = make_repository(world.directory / "unborn", world.ada.environ)
    clone.write(FILES)
    return clone


def _empty_remote(world: World) -> None:
    empty = make_repository(world.directory / "empty.git", world.ada.environ, bare=True)
    world.ada.git("remote", "set-url", "origin", empty.path.as_uri())


def _no_such_remote(world: World) -> None:
    world.ada.git("remote", "set-url", "origin", (world.directory / "gone.git").as_uri())


def _no_remote(world: World) -> None:
    world.ada.git("remote", "remove", "origin")


def _lost_objects(world: World) -> None:
    for folder in (world.work_tree / ".git/objects").iterdir():
        shutil.rmtree(folder)


def _git(name: str, content: str) -> Callable[[World], None]:
    def broken(world: World) -> None:
        (world.work_tree / ".git" / name).write_text(content)

    return broken


PLACES: Mapping[str, Callable[[World], Clone | None]] = {
    "an empty folder": _empty_folder,
    "a registry without git": _no_git,
    "a repository that is no registry": _another_repository,
    "an unborn branch": _unborn,
    "a bare repository": lambda world: world.remote,
    "inside of .git": lambda world: Clone(world.work_tree / ".git", world.ada.environ),
    "an empty remote": _empty_remote,
    "a remote that does not exist": _no_such_remote,
    "no remote": _no_remote,
    "objects that are lost": _lost_objects,
    "garbage in HEAD": _git("HEAD", "garbage"),
    "garbage in the configuration": _git("config", "[core"),
    "a branch that does not exist": _git("HEAD", "ref: refs/heads/none\n"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_is_no_sound_registry_ends_in_a_refusal(place: str, world: World) -> None:
    everything(world, PLACES[place](world), HERE + SHARED)


# --- what stands in the work tree -------------------------------------------------------------------------


def _in_the_place_of(path: str, make: Callable[[Path], object]) -> Callable[[Path], object]:
    def swap(root: Path) -> None:
        place = root / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        make(place)

    return swap


def _text(path: str, content: bytes) -> Callable[[Path], object]:
    return lambda root: (root / path).write_bytes(content)


def _alias_bomb(root: Path) -> None:
    (root / "rag_configs").mkdir()
    lines = ["a0: &a0 [x, x]", *(f"a{at}: &a{at} [*a{at - 1}, *a{at - 1}]" for at in range(1, 40))]
    (root / "rag_configs/bomb.yaml").write_text("\n".join(lines) + "\n")


def _cycle(root: Path) -> None:
    (root / "partials").mkdir()
    (root / "partials/one.md").write_text('{% include "two" %}\n')
    (root / "partials/two.md").write_text('{% include "one" %}\n')


def _invalid_name(root: Path) -> None:
    (Path(os.fsdecode(os.fsencode(root / "prompts") + b"/bad\xff.md"))).write_text("text\n")


# What stands there, the code of its first finding, and the line.
TREES: Mapping[str, tuple[Callable[[Path], object], str, int]] = {
    "a folder in a prompt's place": (
        _in_the_place_of("prompts/hello.md", lambda place: (place / "a.md").mkdir(parents=True)),
        "PC052",
        1,
    ),
    "a folder in the pipeline's place": (_in_the_place_of("promptctl.yaml", Path.mkdir), "PC113", 0),
    "a pipe": (_in_the_place_of("prompts/hello.md", os.mkfifo), "PC006", 0),
    "a pipe in the pipeline's place": (_in_the_place_of("promptctl.yaml", os.mkfifo), "PC006", 0),
    "a symlink to itself": (
        _in_the_place_of("prompts/hello.md", lambda place: place.symlink_to("hello.md")),
        "PC006",
        0,
    ),
    "a symlink to its folder": (lambda root: (root / "prompts/x").symlink_to("."), "PC006", 0),
    "a file in a folder's place": (
        _in_the_place_of("prompts", lambda place: place.write_text("x")),
        "PC011",
        0,
    ),
    "a symlink to another folder": (
        _in_the_place_of("partials", lambda place: place.symlink_to("prompts")),
        "PC006",
        0,
    ),
    "a huge file": (_text("prompts/hello.md", b"x" * 3_000_000), "PC005", 0),
    "a name that is not UTF-8": (_invalid_name, "PC008", 0),
    "a name with escapes": (_text("prompts/a\n::error\x1b[31m.md", b"x"), "PC008", 0),
    "NUL": (_text("prompts/hello.md", b"a\n\0"), "PC003", 2),
    "a byte order mark": (_text("prompts/hello.md", b"\xef\xbb\xbfa\n"), "PC002", 1),
    "CR LF": (_text("prompts/hello.md", b"a\nb\r\n"), "PC004", 2),
    "bytes that are not UTF-8": (_text("prompts/hello.md", b"a\n\xff\n"), "PC001", 2),
    "front matter without an end": (_text("prompts/hello.md", b"---\nname: hello\n"), "PC015", 1),
    "YAML that is none": (_text("prompts/hello.md", b"---\nname: [\n---\nx\n"), "PC020", 3),
    "a merge conflict": (_text("promptctl.yaml", b"<<<<<<< HEAD\na: 1\n=======\n>>>>>>> b\n"), "PC020", 2),
    "an alias bomb": (_alias_bomb, "PC021", 1),
    "deep nesting": (_text("promptctl.yaml", b"a: " + b"[" * 5000 + b"]" * 5000 + b"\n"), "PC027", 1),
    "an unknown key": (_text("prompts/hello.md", b"---\nmodle: x\n---\nx\n"), "PC040", 2),
    "a pipeline that is a list": (_text("promptctl.yaml", b"- environments\n"), "PC041", 1),
    "partials in a circle": (_cycle, "PC061", 1),
    "a template that does not parse": (_text("prompts/hello.md", b"a\n{% if %}\n"), "PC061", 2),
    "a dataset that is no JSON": (_text("datasets/hello.jsonl", b'{"id": "a"}\nnonsense\n'), "PC017", 2),
    "a dataset of deep JSON": (_text("datasets/hello.jsonl", b"[" * 100_000 + b"\n"), "PC017", 1),
    "a table that is none": (_text("datasets/other.csv", b'id,name\n"a,b\n'), "PC019", 2),
    "a table with a huge cell": (_text("datasets/other.csv", b"id,name\na," + b"x" * 200_000), "PC019", 2),
}


@pytest.mark.parametrize("what", TREES)
def test_a_broken_file_is_a_finding_at_its_place_and_stops_what_needs_it(what: str, world: World) -> None:
    spoil, code, line = TREES[what]
    spoil(world.work_tree)
    done = run(world.work_tree, "validate", "-o", "json", environ=world.ada.environ)
    check(done, what)
    assert (code, line) in {(each["code"], each["line"]) for each in done.json["findings"]}, done.out
    before = world.refs()
    for words in ("list", "show hello", "render hello --var name=x", "release hello"):
        check(call(world.ada, *words.split(), "-o", "json"), words)
    assert world.refs() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_refusal_that_names_it(world: World) -> None:
    (world.work_tree / "prompts/hello.md").chmod(0)
    done = run(world.work_tree, "validate", "-o", "json", environ=world.ada.environ)
    check(done, "validate")
    assert "prompts/hello.md" in done.json["message"]


# --- what the remote says ---------------------------------------------------------------------------------

HOLD = {"scope": "name", "value": ADDRESS, "reason": "r", "by": "b", "since": "s"}
LOCKS: Mapping[str, Callable[[World], object]] = {
    "garbage": lambda world: world.replace(DEV, {"lock.json": b"\xff\x00garbage"}),
    "nothing in it": lambda world: world.replace(DEV, {"lock.json": b""}),
    "null": lambda world: world.replace(DEV, {"lock.json": b"null"}),
    "deep nesting": lambda world: world.replace(DEV, {"lock.json": b"[" * 200_000}),
    "a number of 5,000 digits": lambda world: world.replace(DEV, {"lock.json": b"9" * 5000}),
    "9 MB": lambda world: world.replace(DEV, {"lock.json": b" " * 9_000_000 + b"{}"}),
    "no file": lambda world: world.remove(DEV, "lock.json"),
    "a folder": lambda world: [
        world.remove(DEV, "lock.json"),
        world.replace(DEV, {"lock.json/x": b"x"}),
    ],
    "a symlink": lambda world: world.replace(DEV, {"lock.json": b"/etc/hostname"}, "120000"),
    "another schema": lambda world: world.lock(schema="promptctl.lock/v2"),
    "another environment": lambda world: world.lock(environment="prod"),
    "a sequence that is text": lambda world: world.lock(sequence="2"),
    "pins in a list": lambda world: world.lock(pins=[]),
    "a pin that is text": lambda world: world.lock(pins={ADDRESS: "1.0.0"}),
    "an address that leads elsewhere": lambda world: world.lock(
        pins={"../../etc": json.loads(world.remote.git("show", f"{DEV}:lock.json"))["pins"][ADDRESS]}
    ),
    "a version that is a number": lambda world: world.pin(version=1),
    "a field too many": lambda world: world.pin(extra="x"),
    "earlier pins that are text": lambda world: world.pin(previous="ab"),
    "a hold of other types": lambda world: world.lock(holds=[{**HOLD, "reason": None, "by": 7}]),
    "a hold on nothing known": lambda world: world.lock(holds=[{**HOLD, "scope": "galaxy"}]),
    "a hold without fields": lambda world: world.lock(holds=[{"scope": "name"}]),
}


@pytest.mark.parametrize("what", LOCKS)
def test_a_lock_that_is_none_is_refused_and_verify_names_its_commit(what: str, world: World) -> None:
    LOCKS[what](world)
    results = everything(world, commands=SHARED if what in {"garbage", "no file"} else LOCKED)
    assert {done.code for words, done in results.items() if words.startswith(WRITING[2:])} == {4}
    assert {done.code for words, done in results.items() if words.startswith("status")} == {0}
    verified = results["verify --env dev"]
    assert verified.code == 1
    assert "lock-edited" in {each["code"] for each in verified.json["violations"]}
    for inside in ("NoneType", "__init__", "codec", "recursion", "object has no"):
        assert inside not in "".join(each.out for each in results.values())


def _blob(world: World) -> str:
    return world.remote.git("hash-object", "-w", "--stdin", stdin=b"x")


def _head_is_a_blob(world: World) -> None:
    (world.remote.path / DEV).write_text(_blob(world) + "\n")


def _promotion(**fields: Any) -> Callable[[World], object]:
    def spoil(world: World) -> None:
        plain = json.loads(world.remote.git("show", f"{DEV}:promotion.json"))
        world.replace(DEV, {"promotion.json": json.dumps({**plain, **fields}).encode()})

    return spoil


def _evidence(content: bytes) -> Callable[[World], object]:
    """A file on the evidence branch where an experiment should be, and a gate that reads it."""

    def spoil(world: World) -> None:
        served = json.loads(world.remote.git("show", f"{DEV}:lock.json"))["pins"][ADDRESS]["digest"]
        name = digest(content).removeprefix("sha256:")
        path = f"evidence/{ADDRESS}/{served[7:19]}/{name}.json"
        world.replace("refs/heads/evidence", {path: content})
        gated = PIPELINE.replace("name: staging\n", "name: staging\n    gates: {evals: {}}\n")
        publish(world.ada, {"promptctl.yaml": gated})

    return spoil


def _forged(world: World) -> None:
    """A release whose tag and commit agree on the digest of something that is no bundle."""
    content = (
        b'{"schema": "promptctl.bundle/v1", "root": "prompts/hello", "artifacts": {"prompts/hello": []}}'
    )
    commit = world.replace("refs/heads/forged", {"bundle.json": content, "release.json": b"[]"})
    world.tag(commit, f"{ADDRESS} v9.0.0\n\nDigest: {digest(content)}")


REMOTES: Mapping[str, Callable[[World], object]] = {
    "an environment that is a blob": _head_is_a_blob,
    "an environment of another name": lambda world: world.replace(
        "refs/heads/env/Bad/x", {"lock.json": b"x"}
    ),
    "a version that is none": lambda world: world.pin(version="latest\n::error\x1b[31m"),
    "a digest of another kind": lambda world: world.pin(digest="md5:1"),
    "a tag that is an option": lambda world: world.pin(tag="refs/tags/--upload-pack=x"),
    "a commit that is an option": lambda world: world.pin(commit="--help"),
    "a tree that is an option": lambda world: world.pin(tree="--all"),
    "a tree that is missing": lambda world: world.pin(tree="0" * 40),
    "a time that is none": lambda world: world.pin(since="yesterday\x1b]0;x\x07"),
    "a promotion that is garbage": lambda world: world.replace(DEV, {"promotion.json": b"garbage"}),
    "a promotion that is gone": lambda world: world.remove(DEV, "promotion.json"),
    "a promotion of other types": _promotion(action=7, reason=None, gates="x"),
    "a move of other types": _promotion(changes=[{"address": 1, "from": [], "to": {}}]),
    "a bundle that is garbage": lambda world: world.replace(DEV, {f"releases/{ADDRESS}/bundle.json": b"x"}),
    "a release that is gone": lambda world: world.remove(DEV, "releases"),
    "a policy that is garbage": lambda world: world.replace(
        DEV, {"policy/pipeline.json": b"x", "policy/promptctl.yaml": b"[\xff"}
    ),
    "a lightweight tag": lambda world: world.tag("main", None),
    "a tag of a blob": lambda world: world.tag(_blob(world), "x"),
    "a lightweight tag of a tree": lambda world: world.tag(
        world.remote.git("rev-parse", "main^{tree}"), None
    ),
    "a tag without trailers": lambda world: world.tag("main", "release"),
    "a tag with a false digest": lambda world: world.tag("main", f"x\n\nDigest: {digest(b'')}"),
    "a tag of what is no bundle": _forged,
    "a tag that is moved": lambda world: world.tag("main", "release", "1.1.0"),
    "tags of no version": lambda world: [world.tag("main", None, each) for each in ("x", "01.0.0", "9" * 30)],
    "evidence that is no JSON": _evidence(b"garbage"),
    "evidence that is empty": _evidence(b""),
    "evidence of other types": _evidence(
        json.dumps(
            {"predicateType": "https://promptctl.dev/experiment/v1", "predicate": {"cases": 1}}
        ).encode()
    ),
    "deep evidence": _evidence(b"[" * 100_000),
    "an evidence branch of other files": lambda world: world.replace(
        "refs/heads/evidence", {"evidence": b"x", "other": b"y"}
    ),
}


@pytest.mark.parametrize("what", REMOTES)
def test_whatever_the_remote_holds_ends_in_a_refusal_or_is_left_aside(what: str, world: World) -> None:
    REMOTES[what](world)
    everything(world, commands=REMOTE)


@pytest.mark.parametrize(
    "words",
    [
        "show nothing",
        "show rag_configs/nothing",
        "show ../x",
        "show hello@9.9.9",
        "show hello@1.x",
        "show hello@nowhere",
        "show hello@git:nothing",
        "show hello@git:--all",
        "render hello",
        "render hello --var name",
        "render hello --var other=x",
        "render hello --vars nothing.json",
        "diff hello @dev",
        "release",
        "release nothing",
        "release hello --at nothing",
        "release hello --version 1",
        "promote hello --to nowhere",
        "promote hello@9.9.9 --to dev",
        "promote --to dev",
        "rollback hello --env dev",
        "rollback hello --env nowhere --reason x",
        "rollback hello --env dev --to 9.9.9 --reason x",
        "rollback --all --to 0000 --reason x",
        "history nothing",
        "history --env nowhere",
        "verify --env nowhere",
        "hold hello --env nowhere --reason x",
        "validate nothing.md",
        "eval nothing",
        "eval hello --suite nothing",
        "eval hello --provider nothing",
        "relaese hello",
        "status --colour",
    ],
)
def test_words_that_mean_nothing_here_are_refused_with_a_hint(words: str, world: World) -> None:
    before = world.refs()
    done = call(world.ada, "-o", "json", *words.split())
    check(done, words)
    assert done.code in {1, 2, 4}
    assert world.refs() == before
