"""Many people at once, each a process of his own, on one real remote (R3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.faults import Faults, Gate, make_faults, make_gate
from helpers.repositories import Clone
from helpers.shop import SMALL, Done, another, greeting, lock_of, ok, publish, serving, shared, shop
from helpers.smart_http import smart_http
from helpers.soak import examples
from helpers.warm import Running, Warm

ENVIRONMENTS = ("dev", "staging", "prod")
FLAT = "environments: [{name: dev}, {name: staging}, {name: prod}]\n"


def releases(ada: Clone, names: Sequence[str], texts: Sequence[str]) -> None:
    """Release every prompt once with each text: 1.0.0, 1.1.0, …"""
    for text in texts:
        publish(ada, {path: said for name in names for path, said in greeting(text, name).items()})
        ok(ada, "release", *names)


def at_once(warmed: Warm, clones: Sequence[Clone], words: Sequence[Sequence[str]]) -> list[Done]:
    """Start one command in each clone, then wait for all."""
    running = [warmed.start(clone, *each) for clone, each in zip(clones, words, strict=True)]
    return [each.done() for each in running]


def check_history(ada: Clone, environment: str, commits: int) -> None:
    """The branch is linear, its sequence unbroken, and every step changes what its record says."""
    head = shared(ada, f"refs/heads/env/{environment}")
    ada.git("fetch", "--quiet", "origin", head)
    lines = ada.git("log", "--format=%H %P", head).splitlines()
    assert len(lines) == commits
    assert all(len(line.split()) == 2 for line in lines[:-1])
    pins: dict[str, str] = {}
    for number, line in enumerate(reversed(lines), start=1):
        lock = json.loads(ada.git("show", f"{line.split()[0]}:lock.json"))
        record = json.loads(ada.git("show", f"{line.split()[0]}:promotion.json"))
        assert lock["sequence"] == number
        for each in record["changes"]:
            assert pins.get(each["address"]) == each["from"]
            pins[each["address"]] = each["to"]
        assert {address: pin["version"] for address, pin in lock["pins"].items()} == pins


def test_promotions_of_different_prompts_all_finish_and_lose_nothing(
    tmp_path: Path, warmed: Warm, reached: Callable[[str], None]
) -> None:
    people, rounds = examples(8, 20), examples(2, 5)
    names = [f"p{number}" for number in range(people)]
    ada = shop(tmp_path, SMALL)
    releases(ada, names, [f"Text {number}." for number in range(rounds)])
    clones = [another(ada, f"person{number}") for number in range(people)]
    for version in range(rounds):
        words = [("promote", f"{name}@1.{version}.0", "--to", "dev") for name in names]
        done = at_once(warmed, clones, words)
        assert [each.code for each in done] == [0] * people, [each.err for each in done if each.code]
        assert serving(ada, "dev") == {f"prompts/{name}": f"1.{version}.0" for name in names}
    check_history(ada, "dev", people * rounds)
    reached(f"R3: {people} promoters of {people} prompts at once, {rounds} rounds: nobody's was lost")


@dataclass(frozen=True)
class Racer:
    """Somebody with a clone, whose first push waits for the others'."""

    clone: Clone
    faults: Faults
    gate: Gate

    def start(self, warmed: Warm, *words: str) -> Running:
        self.faults.plan({"push 1": "wait"})
        environ = {**self.faults.environ(self.clone.environ), **self.gate.environ}
        return warmed.start(self.clone, *words, "-o", "json", environ=environ)


def racers(ada: Clone, count: int, url: str = "") -> list[Racer]:
    """Return so many people with clones."""
    folder = ada.path.parent
    gate = make_gate(folder / f"gate{len(url)}")
    made = []
    for number in range(count):
        name = f"person{number}{'h' * bool(url)}"
        clone = another(ada, name)
        if url:
            clone.git("remote", "set-url", "origin", f"{url}/remote.git")
        made.append(Racer(clone, make_faults(folder / f"faults-{name}", ada.environ["PATH"]), gate))
    return made


def race(ada: Clone, warmed: Warm, people: Sequence[Racer], environment: str) -> None:
    """Everybody plans on the same head and promotes another version of one prompt; exactly one wins."""
    before = lock_of(ada, environment)
    serves = before["pins"]["prompts/hello"]["version"]
    versions = [f"1.{number}.0" for number in range(len(people) + 1)]
    versions.remove(serves)
    running = [
        each.start(warmed, "promote", f"hello@{version}", "--to", environment)
        for each, version in zip(people, versions, strict=True)
    ]
    with people[0].gate.opened(len(people)):
        done = [each.done() for each in running]
    won = [each for each in done if each.code == 0]
    assert len(won) == 1, [each.err for each in done]
    (move,) = won[0].json["changes"]
    after = lock_of(ada, environment)
    assert (move["from"], move["to"]) == (serves, after["pins"]["prompts/hello"]["version"])
    assert after["sequence"] == before["sequence"] + 1
    for each in done:
        if each.code:
            assert (each.code, each.json["code"]) == (4, "lost-race"), each.err
            told = f"moved hello {serves} → {move['to']}, by {after['pins']['prompts/hello']['by']}"
            assert told in each.json["message"]


def raced(ada: Clone, people: int) -> None:
    """Make what people race for: versions, of which one serves in each environment."""
    releases(ada, ["hello"], [f"Text {number}." for number in range(people + 1)])
    for environment in ENVIRONMENTS:
        ok(ada, "promote", "hello@1.0.0", "--to", environment)


def test_of_many_promoters_who_planned_on_one_head_exactly_one_wins(
    tmp_path: Path, warmed: Warm, reached: Callable[[str], None]
) -> None:
    count, rounds = examples(6, 50), examples(3, 100)
    ada = shop(tmp_path, {**SMALL, "promptctl.yaml": FLAT})
    raced(ada, count)
    people = racers(ada, count)
    for number in range(rounds):
        race(ada, warmed, people, ENVIRONMENTS[number % 3])
    for at, environment in enumerate(ENVIRONMENTS):
        check_history(ada, environment, 1 + len(range(at, rounds, 3)))
    reached(
        f"R3: {count} promoters at once, {rounds} rounds, 3 environments: one winner in each,"
        f" {rounds * (count - 1):,} told by whom; histories linear, sequences unbroken"
    )


def test_who_planned_before_another_finished_does_not_undo_it(tmp_path: Path, warmed: Warm) -> None:
    ada = shop(tmp_path, {**SMALL, "promptctl.yaml": FLAT})
    raced(ada, 2)
    (late,) = racers(ada, 1)
    running = late.start(warmed, "promote", "hello@1.1.0", "--to", "dev")
    with late.gate.opened(1, hold=lambda: ok(ada, "promote", "hello@1.2.0", "--to", "dev")):
        done = running.done()
    assert (done.code, done.json["code"]) == (4, "lost-race")
    assert serving(ada, "dev") == {"prompts/hello": "1.2.0"}
    check_history(ada, "dev", 2)


def test_the_same_holds_over_smart_http(tmp_path: Path, warmed: Warm, reached: Callable[[str], None]) -> None:
    count, rounds = examples(4, 10), examples(1, 20)
    ada = shop(tmp_path, {**SMALL, "promptctl.yaml": FLAT})
    raced(ada, count)
    with smart_http(tmp_path, ada.environ) as url:
        people = racers(ada, count, url)
        for _ in range(rounds):
            race(ada, warmed, people, "dev")
    check_history(ada, "dev", 1 + rounds)
    reached(f"R3: over smart HTTP {count} promoters at once, {rounds} rounds: one winner in each")


def test_releases_of_one_commit_at_once_are_one_release(tmp_path: Path, warmed: Warm) -> None:
    ada = shop(tmp_path, SMALL)
    clones = [another(ada, f"person{number}") for number in range(4)]
    done = at_once(warmed, clones, [("release", "hello", "-o", "json")] * 4)
    assert [each.code for each in done] == [0] * 4
    results = [each.json["releases"][0] for each in done]
    assert len({each["commit"] for each in results}) == 1
    assert len({each["tag_object"] for each in results}) == 1
    assert sum(each["outcome"] == "released" for each in results) == 1


def test_a_rollback_and_a_promotion_of_one_prompt_at_once_do_not_undo_each_other(
    tmp_path: Path, warmed: Warm
) -> None:
    ada = shop(tmp_path, SMALL)
    releases(ada, ["hello"], [f"Text {number}." for number in range(3)])
    for version in range(2):
        ok(ada, "promote", f"hello@1.{version}.0", "--to", "dev")
    clones = [another(ada, f"person{number}") for number in range(2)]
    words = [
        ("promote", "hello@1.2.0", "--to", "dev"),
        ("rollback", "hello", "--env", "dev", "--reason", "rude"),
    ]
    codes = [each.code for each in at_once(warmed, clones, words)]
    assert 0 in codes
    assert set(codes) <= {0, 4}
    check_history(ada, "dev", 2 + codes.count(0))
