"""Many people at once, each a process of his own, on one real remote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from helpers.repositories import Clone, make_clone
from helpers.shop import (
    SMALL,
    Done,
    another,
    finished,
    greeting,
    lock_of,
    ok,
    publish,
    serving,
    shared,
    shop,
    start,
)
from helpers.smart_http import smart_http

CLONES, ROUNDS = 8, 5
NAMES = [f"p{number}" for number in range(CLONES)]


def releases(ada: Clone, names: Sequence[str], texts: Sequence[str]) -> None:
    """Release every prompt once with each text: 1.0.0, 1.1.0, …"""
    for text in texts:
        publish(ada, {path: said for name in names for path, said in greeting(text, name).items()})
        ok(ada, "release", *names)


def at_once(clones: Sequence[Clone], words: Sequence[Sequence[str]]) -> list[Done]:
    """Start one command in each clone, then wait for all."""
    running = [
        start(clone.path, *each, environ=clone.environ) for clone, each in zip(clones, words, strict=True)
    ]
    return [finished(each) for each in running]


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


def test_promotions_of_different_prompts_all_finish_and_lose_nothing(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    releases(ada, NAMES, [f"Text {number}." for number in range(ROUNDS)])
    clones = [another(ada, f"person{number}") for number in range(CLONES)]
    for version in range(ROUNDS):
        words = [("promote", f"{name}@1.{version}.0", "--to", "dev") for name in NAMES]
        assert [each.code for each in at_once(clones, words)] == [0] * CLONES
        assert serving(ada, "dev") == {f"prompts/{name}": f"1.{version}.0" for name in NAMES}
    check_history(ada, "dev", CLONES * ROUNDS)


def one_wins(ada: Clone, clones: Sequence[Clone]) -> None:
    """Everybody promotes another version of one prompt; whoever did not win has not lost anything."""
    words = [("promote", f"hello@1.{n}.0", "--to", "dev", "-o", "json") for n in range(1, 1 + len(clones))]
    done = at_once(clones, words)
    assert {each.code for each in done} <= {0, 4}, [each.err for each in done]
    won = [each for each in done if each.code == 0]
    lost = [each for each in done if each.code == 4]
    promoted = {each.json["changes"][0]["to"] for each in won}
    assert serving(ada, "dev")["prompts/hello"] in promoted
    for each in lost:
        assert each.json["code"] == "lost-race"
        moved_to, by = each.json["message"].split("→ ")[1].split(", by ")
        assert moved_to in promoted
        assert by.startswith("person")
    check_history(ada, "dev", lock_of(ada, "dev")["sequence"])
    assert lock_of(ada, "dev")["sequence"] == 1 + len(won)


def test_of_promotions_of_one_prompt_one_wins_and_the_others_are_told_by_whom(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    releases(ada, ["hello"], [f"Text {number}." for number in range(5)])
    ok(ada, "promote", "hello@1.0.0", "--to", "dev")
    one_wins(ada, [another(ada, f"person{number}") for number in range(4)])


def test_the_same_holds_over_smart_http(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    names = NAMES[:4]
    releases(ada, names, ["Text."])
    releases(ada, ["hello"], [f"Text {number}." for number in range(4)])
    ok(ada, "promote", "hello@1.0.0", "--to", "dev")
    with smart_http(tmp_path, ada.environ) as url:
        clones = []
        for number in range(4):
            local = another(ada, f"person{number}")
            path = tmp_path / f"http{number}"
            clones.append(make_clone(f"{url}/remote.git", path, local.environ))
        one_wins(ada, clones[:3])
        words = [("promote", name, "--to", "dev") for name in names]
        assert [each.code for each in at_once(clones, words)] == [0] * len(names)
    assert {f"prompts/{name}" for name in names} < serving(ada, "dev").keys()


def test_releases_of_one_commit_at_once_are_one_release(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    clones = [another(ada, f"person{number}") for number in range(4)]
    done = at_once(clones, [("release", "hello", "-o", "json")] * 4)
    assert [each.code for each in done] == [0] * 4
    results = [each.json["releases"][0] for each in done]
    assert len({each["commit"] for each in results}) == 1
    assert len({each["tag_object"] for each in results}) == 1
    assert sum(each["outcome"] == "released" for each in results) == 1


def test_a_rollback_and_a_promotion_of_one_prompt_at_once_do_not_undo_each_other(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    releases(ada, ["hello"], [f"Text {number}." for number in range(3)])
    for version in range(2):
        ok(ada, "promote", f"hello@1.{version}.0", "--to", "dev")
    clones = [another(ada, f"person{number}") for number in range(2)]
    words = [
        ("promote", "hello@1.2.0", "--to", "dev"),
        ("rollback", "hello", "--env", "dev", "--reason", "rude"),
    ]
    codes = [each.code for each in at_once(clones, words)]
    assert 0 in codes
    assert set(codes) <= {0, 4}
    check_history(ada, "dev", 2 + codes.count(0))
