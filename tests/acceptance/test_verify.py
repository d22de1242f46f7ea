"""`promptctl verify`: everything that a person with plain git can forge is named, and nothing else is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.repositories import Clone
from helpers.shop import SMALL, call, local_shop, lock_of, new_version, ok, publish

from promptctl.core import lock as locks
from promptctl.model import promotion as promotions
from promptctl.model.promotion import readme

HELLO = "prompts/hello"
TAG = f"refs/tags/{HELLO}/v1.1.0"
WHY = ("--env", "dev", "--reason", "rude")
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry in which dev was promoted twice, held, let go, rolled back and promoted again."""
    clone = local_shop(tmp_path_factory.mktemp("sound"), {**SMALL, ".promptctl/allowed_signers": "a b c\n"})
    for text in ("One.", "Two."):
        new_version(clone, text)
        ok(clone, "promote", "hello", "--to", "dev")
    ok(clone, "hold", *WHY)
    ok(clone, "unhold", *WHY)
    ok(clone, "rollback", "hello", *WHY)
    ok(clone, "unhold", "hello@1.1.0", *WHY)
    new_version(clone, "Bye.", "bye")
    ok(clone, "promote", "hello", "bye", "--to", "dev", "--reason", "launch")
    return clone.path.parent


@pytest.fixture
def clone(sound: Path, tmp_path: Path) -> Clone:
    shutil.copytree(sound, tmp_path / "copy")
    home = str(tmp_path / "copy/home")
    return Clone(
        tmp_path / "copy/alone",
        {**local_environ(sound), "HOME": home, "GIT_CONFIG_GLOBAL": f"{home}/.gitconfig"},
    )


def local_environ(sound: Path) -> dict[str, str]:
    from helpers.shop import quick_environ

    return quick_environ(sound / "home")


def verified(clone: Clone, *words: str) -> tuple[int, set[str]]:
    """Return the exit code of `verify` and the codes of what it found; never anything else."""
    done = call(clone, "verify", *words, "-o", "json")
    assert done.code in (0, 1), done.err
    return done.code, {each["code"] for each in done.json["violations"]}


def files_of(clone: Clone) -> Files:
    """Return the files of dev's head but those of its releases."""
    names = clone.git("ls-tree", "-r", "--name-only", "env/dev").splitlines()
    return {
        each: (clone.git("show", f"env/dev:{each}") + "\n").encode()
        for each in names
        if not each.startswith("releases/")
    }


def commit(clone: Clone, files: Files, *, amend: bool = False, message: str = "") -> str:
    """Put a commit of dev's releases with these other files on dev, or in the place of its head."""
    index = Clone(clone.path, {**clone.environ, "GIT_INDEX_FILE": str(clone.path / ".git/forged")})
    index.git("read-tree", "env/dev")
    for path in files_of(clone).keys() - files.keys():
        index.git("update-index", "--force-remove", path)
    for path, content in files.items():
        blob = clone.git("hash-object", "-w", "--stdin", stdin=content)
        index.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    kept = clone.git("log", "-1", "--format=%B", "env/dev").rstrip("\n") + "\n"
    parents = clone.git("log", "-1", "--format=%P", "env/dev") if amend else clone.git("rev-parse", "env/dev")
    words = [word for each in parents.split() for word in ("-p", each)]
    when = {"GIT_COMMITTER_DATE": clone.git("log", "-1", "--format=%cd", "--date=raw", "env/dev")}
    dated = Clone(index.path, {**index.environ, **when})
    made = dated.git("commit-tree", index.git("write-tree"), *words, stdin=(message or kept).encode())
    clone.git("update-ref", "refs/heads/env/dev", made)
    return made


def edited(path: str, change: Callable[[Any], None]) -> Callable[[Files], None]:
    """Return what edits a JSON file in the layout that promptctl writes."""

    def edit(files: Files) -> None:
        plain = json.loads(files[path])
        change(plain)
        text = json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True)
        files[path] = (text + "\n").encode("utf-8", "surrogatepass")

    return edit


def lock(change: Callable[[Any], None]) -> Callable[[Files], None]:
    return edited("lock.json", change)


def record(change: Callable[[Any], None]) -> Callable[[Files], None]:
    return edited("promotion.json", change)


def pin(**fields: Any) -> Callable[[Files], None]:
    return lock(lambda plain: plain["pins"][HELLO].update(fields))


def file(path: str, content: bytes | None) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        if content is None:
            del files[path]
        else:
            files[path] = content

    return edit


HOLD = {"scope": "name", "value": HELLO, "reason": "", "by": "", "since": ""}
EDITS: dict[str, Callable[[Files], None]] = {
    "lock gone": file("lock.json", None),
    "lock no JSON": file("lock.json", b"{"),
    "lock empty": file("lock.json", b""),
    "lock deep": file("lock.json", b"[" * 100_000),
    "lock other layout": lambda files: files.update({"lock.json": files["lock.json"].replace(b"  ", b" ")}),
    "lock other schema": lock(lambda plain: plain.update(schema="promptctl.lock/v9")),
    "lock other environment": lock(lambda plain: plain.update(environment="prod")),
    "lock higher": lock(lambda plain: plain.update(sequence=99)),
    "lock lower": lock(lambda plain: plain.update(sequence=1)),
    "lock more": lock(lambda plain: plain.update(more=1)),
    "pin gone": lock(lambda plain: plain["pins"].pop(HELLO)),
    "pin of another": lock(lambda plain: plain["pins"].update({"prompts/x": plain["pins"][HELLO]})),
    "pin version": pin(version="1.0.0"),
    "pin odd version": pin(version="../../x"),
    "pin digest": pin(digest="sha256:" + "0" * 64),
    "pin tag": pin(tag="refs/tags/prompts/bye/v1.0.0"),
    "pin odd tag": pin(tag="+refs/heads/*:refs/heads/*"),
    "pin tag object": pin(tag_object="0" * 40),
    "pin commit": pin(commit="0" * 40),
    "pin tree": pin(tree="HEAD"),
    "pin since": pin(since="2001-01-01T00:00:00Z"),
    "pin by": pin(by="eve@acme.example"),
    "pin no text": pin(by="\ud800"),
    "pin without earlier ones": pin(previous=[]),
    "hold more": lock(lambda plain: plain["holds"].append(HOLD)),
    "record gone": file("promotion.json", None),
    "record no JSON": file("promotion.json", b"\xff"),
    "record other layout": lambda files: files.update(
        {"promotion.json": files["promotion.json"].replace(b"  ", b" ")}
    ),
    "record by": record(lambda plain: plain.update(by="eve@acme.example")),
    "record at": record(lambda plain: plain.update(at="2001-01-01T00:00:00Z")),
    "record reason": record(lambda plain: plain.update(reason="other")),
    "record no text": record(lambda plain: plain.update(reason="\ud800")),
    "record without changes": record(lambda plain: plain.update(changes=[])),
    "record change from": record(lambda plain: plain["changes"][0].update({"from": "9.9.9"})),
    "record change to": record(lambda plain: plain["changes"][0].update({"to": "9.9.9"})),
    "record change twice": record(lambda plain: plain["changes"].append(plain["changes"][0])),
    "record change of another": record(lambda plain: plain["changes"][0].update(address="prompts/x")),
    "record gate": record(lambda plain: plain["gates"][0].update(result="fail")),
    "record waiver": record(lambda plain: plain["waivers"].append({})),
    "record policy": record(lambda plain: plain.update(policy_commit="HEAD")),
    **{
        f"record {action}": record(lambda plain, action=action: plain.update(action=action))
        for action in ("rollback", "hold", "unhold", "repair", "")
    },
    "record rollback of one": record(
        lambda plain: plain.update(action="rollback", changes=plain["changes"][:1])
    ),
    "record rollback of none": record(lambda plain: plain.update(action="rollback", changes=[])),
    "readme": file("README.md", b"nothing serves\n"),
    "readme gone": file("README.md", None),
    "pipeline": file("policy/promptctl.yaml", b"environments:\n  - name: dev\n"),
    "pipeline no YAML": file("policy/promptctl.yaml", b"[[["),
    "pipeline gone": file("policy/promptctl.yaml", None),
    "parsed gone": file("policy/pipeline.json", None),
    "parsed no JSON": file("policy/pipeline.json", b"{"),
    "parsed order": edited(
        "policy/pipeline.json", lambda plain: plain["pipeline"]["environments"][2].update(after="dev")
    ),
    "parsed odd": edited("policy/pipeline.json", lambda plain: plain.update(pipeline={"environments": 7})),
    "signers": file("policy/allowed_signers", b"eve\n"),
    "signers gone": file("policy/allowed_signers", None),
    "policy more": file("policy/more", b""),
    "file more": file("more", b""),
    "release file more": file(f"releases/{HELLO}/more", b""),
    "release more": file("releases/prompts/x/bundle.json", b"{}"),
    "release loose": file("releases/more", b""),
    "bundle": file(f"releases/{HELLO}/bundle.json", b"{}"),
    "release json": file(f"releases/{HELLO}/release.json", b"{}"),
}


def test_what_promptctl_wrote_has_no_violation(clone: Clone) -> None:
    assert verified(clone) == (0, set())
    assert verified(clone, "--all") == (0, set())
    publish(clone, {"promptctl.yaml": "environments: [{name: dev}, {name: live}]\n"})
    assert verified(clone) == (0, set())


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_head_is_named(clone: Clone, edit: Callable[[Files], None]) -> None:
    files = files_of(clone)
    edit(files)
    commit(clone, files, amend=True)
    assert verified(clone)[0] == 1


@pytest.mark.parametrize(
    "name", ["pin version", "record repair", "readme", "signers", "record rollback of none"]
)
def test_a_commit_on_top_is_named(clone: Clone, name: str) -> None:
    files = files_of(clone)
    lock(lambda plain: plain.update(sequence=plain["sequence"] + 1))(files)
    EDITS[name](files)
    commit(clone, files)
    assert verified(clone)[0] == 1


BY_NOBODY = {"action": "repair", "changes": [], "gates": [], "policy_commit": "", "reason": ""}


@pytest.mark.parametrize(
    ("edits", "codes"),
    [
        ({"sequence": 50}, set()),
        ({"sequence": 50, "holds": [HOLD]}, {"lock-edited"}),
        ({"sequence": 6}, {"sequence-broken"}),
        ({"sequence": 7}, {"sequence-broken"}),
    ],
)
def test_a_repair_raises_the_number_and_changes_nothing_else(
    clone: Clone, edits: dict[str, Any], codes: set[str]
) -> None:
    files = files_of(clone)
    lock(lambda plain: plain.update(edits))(files)
    record(lambda plain: plain.update(BY_NOBODY))(files)
    files["README.md"] = readme(
        locks.parse(files["lock.json"], environment="dev"), promotions.parse(files["promotion.json"])
    )
    commit(clone, files, message="repair\n")
    assert verified(clone)[1] == codes


@pytest.mark.parametrize("action", ["hold", "unhold"])
def test_a_hold_lets_go_of_nothing_and_an_unhold_holds_nothing(clone: Clone, action: str) -> None:
    ok(clone, "hold", "hello", *WHY)
    files = files_of(clone)
    holds = {"hold": [], "unhold": [*lock_of(clone, "dev")["holds"], {**HOLD, "scope": "environment"}]}
    lock(lambda plain: plain.update(sequence=plain["sequence"] + 1, holds=holds[action]))(files)
    record(lambda plain: plain.update(action=action))(files)
    commit(clone, files, message=f"{action}\n\nrude\n")
    assert "lock-edited" in verified(clone)[1]


def test_a_message_that_says_something_else_is_named(clone: Clone) -> None:
    commit(clone, files_of(clone), amend=True, message="promote bye 1.0.0\n")
    assert verified(clone)[1] == {"record-edited"}


def test_an_executable_file_is_named(clone: Clone) -> None:
    entries = clone.git("ls-tree", "env/dev").replace("100644 blob", "100755 blob", 1) + "\n"
    tree = clone.git("mktree", stdin=entries.encode())
    made = clone.git("cat-file", "commit", "env/dev").replace(clone.git("rev-parse", "env/dev^{tree}"), tree)
    raw(clone, made)
    assert verified(clone)[1] == {"tree-swapped"}


def raw(clone: Clone, content: str) -> None:
    """Let dev's head be exactly this commit."""
    made = clone.git(
        *("hash-object", "-t", "commit", "-w", "--stdin", "--literally"), stdin=content.encode() + b"\n"
    )
    clone.git("update-ref", "refs/heads/env/dev", made)


@pytest.mark.parametrize(
    "line", ["", "committer", "committer Eve", "committer <e> x +0000", "committer <e> 9 9"]
)
def test_a_commit_that_does_not_say_when_it_was_made_is_named(clone: Clone, line: str) -> None:
    lines = clone.git("cat-file", "commit", "env/dev").split("\n")
    raw(clone, "\n".join(line if each.startswith("committer ") else each for each in lines))
    assert "time" in verified(clone)[1]


@pytest.mark.parametrize(("seconds", "where"), [("1", "before"), ("99999999999999", "future")])
def test_a_commit_of_another_time_is_named(clone: Clone, seconds: str, where: str) -> None:
    lines = clone.git("cat-file", "commit", "env/dev").split("\n")
    raw(
        clone,
        "\n".join(
            f"committer E <e@x> {seconds} +0000" if each.startswith("committer ") else each for each in lines
        ),
    )
    assert verified(clone)[1] == {"time"}
    assert where in call(clone, "verify").out


def test_a_tree_that_is_a_file_is_named(clone: Clone) -> None:
    blob = clone.git("hash-object", "-w", "--stdin", stdin=b"x")
    files = files_of(clone)
    pin(tree=blob)(files)
    made = commit(clone, files, amend=True)
    index = Clone(clone.path, {**clone.environ, "GIT_INDEX_FILE": str(clone.path / ".git/forged")})
    index.git("read-tree", made)
    index.git("rm", "-r", "-q", "--cached", f"releases/{HELLO}")
    index.git("update-index", "--add", "--cacheinfo", f"100644,{blob},releases/{HELLO}")
    content = clone.git("cat-file", "commit", made)
    raw(clone, content.replace(clone.git("rev-parse", f"{made}^{{tree}}"), index.git("write-tree")))
    assert "lock-edited" in verified(clone)[1]


def another_tag(clone: Clone, kind: str) -> str:
    content = clone.git("cat-file", "tag", TAG)
    old = clone.git("rev-parse", f"{TAG}^{{commit}}")
    other = clone.git("rev-parse", f"refs/tags/{HELLO}/v1.0.0^{{commit}}")
    blob = clone.git("hash-object", "-w", "--stdin", stdin=b"x")
    changed = {
        "other notes": content.replace("Digest:", "yes\n\nDigest:"),
        "other commit": content.replace(old, other),
        "no commit": content.replace(old, "0" * 40),
        "a file": content.replace(f"{old}\ntype commit", f"{blob}\ntype blob"),
        "other name": content.replace("v1.1.0\ntagger", "v9.9.9\ntagger"),
        "no digest": content.replace("Digest: ", "Digest "),
        "nobody": content.replace("tagger ", "taggex "),
    }
    if kind in changed:
        data = changed[kind].encode() + b"\n"
        return clone.git("hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=data)
    return {"lightweight": old, "gone": "", "file": blob}[kind]


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "other notes",
            "other commit",
            "no commit",
            "a file",
            "other name",
            "no digest",
            "nobody",
        ),
        *("lightweight", "gone", "file"),
    ],
)
def test_a_moved_tag_is_named(clone: Clone, kind: str) -> None:
    made = another_tag(clone, kind)
    clone.git("update-ref", *(["-d", TAG] if kind == "gone" else [TAG, made]))
    assert "tag-moved" in verified(clone)[1]
    assert kind in {"gone", "other notes", "nobody"} or "tag-moved" in verified(clone, "--all")[1]


def test_a_branch_that_is_no_environment_of_promptctl_is_named(clone: Clone) -> None:
    clone.git("branch", "env/odd", "HEAD")
    clone.git("branch", "env/copy", "env/dev")
    done = call(clone, "verify", "-o", "json").json
    assert {each["where"] for each in done["violations"]} == {"env/odd", "env/copy"}
    assert done["summary"]["environments"] == ["copy", "dev", "odd"]


def test_json_has_frozen_keys(clone: Clone) -> None:
    found = call(clone, "verify", "-o", "json").json
    assert found == {
        "schema": "promptctl.verify/v1",
        "violations": [],
        "summary": {"environments": ["dev"], "commits": 7, "releases": 2, "violations": 0},
    }
    assert call(clone, "verify").out == "✓ 1 environment, 7 changes, 2 releases looked at, 0 violations\n"
    clone.git("update-ref", "-d", TAG)
    (violation,) = call(clone, "verify", "-o", "json").json["violations"]
    assert violation == {
        "code": "tag-moved",
        "where": "env/dev",
        "message": f"{HELLO} 1.1.0: its tag {TAG} is gone",
    }
