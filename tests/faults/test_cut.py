"""The connection ends at any byte of a fetch or push: what a command says is what the remote says (R4)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from helpers.proxy import Cut, Proxy, proxy
from helpers.repositories import Clone
from helpers.shop import SMALL, Done, another, call, lock_of, new_version, ok, serving, shop
from helpers.smart_http import smart_http
from helpers.soak import examples
from helpers.warm import Warm

SEED = 31
STALLED_S = 1.5
"""How long git may wait here for an answer that does not come."""


@dataclass(frozen=True)
class Wire:
    """Somebody who reaches the remote through a proxy, and one who stands beside it."""

    far: Clone
    near: Clone
    remote: Clone
    proxy: Proxy

    def refs(self) -> dict[str, str]:
        lines = self.remote.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    near = shop(tmp_path, SMALL)
    for text in ("One.", "Two."):
        new_version(near, text)
        ok(near, "promote", "hello", "--to", "dev")
    with smart_http(tmp_path, near.environ) as url, proxy(int(url.rpartition(":")[2])) as between:
        far = another(near, "far")
        far.git("remote", "set-url", "origin", f"{between.url}/remote.git")
        yield Wire(far, near, Clone(tmp_path / "remote.git", near.environ), between)


def commands(number: int) -> list[tuple[str, ...]]:
    """Return commands that each move one ref, one after the other."""
    why = ("--env", "dev", "--reason", "a test")
    return [
        ("promote", "hello@1.0.0", "--to", "dev"),
        ("promote", "hello@1.1.0", "--to", "dev"),
        ("rollback", "hello", "--to", "1.0.0", *why),
        ("unhold", "hello@1.1.0", *why),
        ("promote", "hello@1.1.0", "--to", "dev"),
        ("release", "hello", "--version", f"1.1.{number + 1}"),
    ]


@dataclass
class Tried:
    """What became of the commands whose connection was cut."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def random_cut(chance: random.Random, whole: Proxy) -> Cut:
    """Return a cut at a byte that a command like this one sends or receives; every other one in its push."""
    direction = chance.choice(["up", "down"])
    first = whole.seen.get(direction, 0) if chance.random() < 0.5 else 0
    how = chance.choices(["close", "reset", "stall"], [10, 10, 1])[0]
    at = chance.randint(first, whole.passed[direction])
    return Cut(direction, at, how, stays=chance.random() < 0.3)


def check(done: Done, before: dict[str, str], after: dict[str, str], *, was_cut: bool) -> str:
    """Return what is wrong with what a command said; nothing where it is the truth."""
    moved = len(set(after.items()) - set(before.items()))
    if moved > 1 or before.keys() - after.keys():
        return "it moved more than its ref"
    right = {0: moved == 1, 5: moved == 0, 6: was_cut}
    if not right.get(done.code, False):
        return f"it says {done.code}, and {moved} refs moved"
    return "" if done.code == 0 or done.json["hint"] else "it gives no hint"


def cut_once(wire: Wire, warmed: Warm, words: tuple[str, ...], cut: Cut, tried: Tried) -> None:
    wire.proxy.set(cut)
    before = wire.refs()
    done = warmed.run(wire.far, *words, "-o", "json", timeout_s=STALLED_S if cut.how == "stall" else 0)
    after = wire.refs()
    problem = check(done, before, after, was_cut=wire.proxy.is_cut)
    wire.proxy.set()
    done_again = call(wire.far, *words, "-o", "json")
    if after != before and wire.refs() != after:
        problem = problem or "a second run moved a ref again"
    if done_again.code or wire.refs() == before:
        problem = problem or f"a second run ends with {done_again.code}: {done_again.out}"
    if problem:
        tried.wrong.append(f"{words} {cut}: {problem}: {done.out} {done.err}")
    kind = {0: "done", 5: "nothing changed", 6: "unknown"}.get(done.code, str(done.code))
    tried.outcomes[kind if wire.proxy.is_cut or kind != "done" else "done"] += 1


def test_what_a_command_says_of_a_cut_connection_is_what_happened(
    wire: Wire, warmed: Warm, reached: Callable[[str], None]
) -> None:
    chance, tried = random.Random(SEED), Tried()
    wholes: dict[str, Proxy] = {}
    for words in commands(-1):
        wire.proxy.set()
        assert warmed.run(wire.far, *words).code == 0
        wholes[words[0]] = Proxy("", passed=dict(wire.proxy.passed), seen=dict(wire.proxy.seen))
    count = examples(40, 1_000)
    for number in range(count):
        words = commands(number)[number % 6]
        cut_once(wire, warmed, words, random_cut(chance, wholes[words[0]]), tried)
    assert not tried.wrong, "\n".join(tried.wrong[:10])
    assert call(wire.near, "verify", "--all").code == 0
    said = ", ".join(f"{number:,} {what}" for what, number in sorted(tried.outcomes.items()))
    reached(f"R4: {count:,} connections cut at a random byte: {said}; every outcome named right")


def test_a_server_that_works_on_after_the_connection_broke_is_waited_for(
    tmp_path: Path, warmed: Warm
) -> None:
    """The remote has not moved its ref when it is read back, and does so a moment later."""
    near = shop(tmp_path, SMALL)
    new_version(near, "One.")
    hook = tmp_path / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nsleep 1\n")
    hook.chmod(0o755)
    pushes: list[str] = []

    def is_first_push(path: str) -> bool:
        pushes.append(path) if path.endswith("/git-receive-pack") else None
        return pushes == [path]

    with smart_http(tmp_path, near.environ, work_on=is_first_push) as url:
        far = another(near, "far")
        far.git("remote", "set-url", "origin", f"{url}/remote.git")
        done = warmed.run(far, "promote", "hello", "--to", "dev", "-o", "json")
    assert done.code == 0, done.err
    assert len(pushes) == 2
    assert serving(near, "dev") == {"prompts/hello": "1.0.0"}
    assert lock_of(near, "dev")["sequence"] == 1


def test_an_answer_that_is_cut_in_its_head_is_no_remote_without_refs(wire: Wire, warmed: Warm) -> None:
    wire.proxy.set()
    why = ("rollback", "hello", "--env", "dev", "--reason", "a test")
    assert warmed.run(wire.far, *why, "--dry-run").code == 0
    listing = wire.proxy.passed["down"]
    for at in range(20, listing, 40):
        wire.proxy.set(Cut("down", at))
        done = warmed.run(wire.far, *why, "--dry-run", "-o", "json")
        assert done.code in (0, 5), f"{at}: {done.out}"
