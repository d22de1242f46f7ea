"""Every program that a command runs is killed, fails or hangs, before its work or after it (R2)."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from helpers.faults import FAULTS, Faults, can_inject, make_faults
from helpers.keys import signers
from helpers.repositories import Clone
from helpers.shop import Done, call, greeting, new_version, ok, publish, shop
from helpers.soak import IS_SOAK
from helpers.warm import Warm

SEED = 4
HUNG_S = 1.0
"""How long a program may hang here; in earnest a minute, or two where the network is asked."""

PATIENT_S = 2.0
"""The same where the other programs of a command must finish, on a busy machine too."""

FLAT = "environments: [{name: dev}, {name: staging}, {name: prod}]\n"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "promote": ("promote", "hello@1.1.0", "--to", "dev"),
    "rollback": ("rollback", "hello", "--env", "staging", "--to", "1.0.0", "--reason", "a test"),
    "release": ("release", "hello"),
    "hold": ("hold", "hello", "--env", "dev", "--reason", "a test"),
    "approve": ("approve", "hello@1.1.0", "--for", "dev"),
    "unhold": ("unhold", "hello", "--env", "prod", "--reason", "a test"),
}


@dataclass(frozen=True)
class Ground:
    """A registry in which every command has something to do, put back as it was before each try."""

    folder: Path
    ada: Clone
    faults: Faults

    def restore(self) -> None:
        for name in ("remote.git", "ada"):
            shutil.rmtree(self.folder / name)
            shutil.copytree(self.folder / "kept" / name, self.folder / name, symlinks=True)

    def refs(self) -> set[str]:
        remote = Clone(self.folder / "remote.git", self.ada.environ)
        return set(remote.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines())

    def run(self, warmed: Warm, verb: str, plan: Mapping[str, str], timeout_s: float = 0) -> Done:
        """Run one command with these faults."""
        self.faults.plan(plan)
        environ = self.faults.environ(self.ada.environ)
        return warmed.run(self.ada, *COMMANDS[verb], "-o", "json", environ=environ, timeout_s=timeout_s)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("ground")
    ada = shop(folder, {"promptctl.yaml": FLAT, **greeting("One.")})
    publish(ada, signers([ada]))  # tags, locks and statements are signed: ssh-keygen is a step too
    ok(ada, "release", "hello")
    for environment in ("dev", "staging", "prod"):
        ok(ada, "promote", "hello", "--to", environment)
    new_version(ada, "Two.")
    ok(ada, "promote", "hello", "--to", "staging")
    ok(ada, "hold", "hello", "--env", "prod", "--reason", "a test")
    publish(ada, greeting("Three."))
    for name in ("remote.git", "ada"):
        shutil.copytree(folder / name, folder / "kept" / name, symlinks=True)
    return Ground(folder, ada, make_faults(folder / "faults", ada.environ["PATH"]))


def problem_of(ground: Ground, verb: str, done: Done, before: set[str]) -> str:
    """Return what is wrong after a fault, and after a second run without one; nothing where all is well."""
    after = ground.refs()
    moved = len({line.split()[0] for line in after ^ before})
    if moved > 1:
        return f"{moved} refs moved"
    right = {0: moved == 1, -9: True, 6: True}
    if done.code == 3 or not right.get(done.code, moved == 0) or "Traceback" in done.err:
        return f"it says {done.code}, and {moved} refs moved"
    again = call(ground.ada, *COMMANDS[verb], "-o", "json")
    if again.code:
        return f"a second run ends with {again.code}: {again.out}"
    if (ground.refs() == after) != bool(moved):
        return "a second run does not do what is left to do"
    checked = call(ground.ada, "verify", "--all")
    return checked.out if checked.code else ""


def cases(ground: Ground, warmed: Warm) -> Iterator[tuple[str, str, str]]:
    """Yield every step of every command with every fault."""
    for verb in COMMANDS:
        ground.restore()
        assert ground.run(warmed, verb, {}).code == 0
        for step in ground.faults.steps():
            # What reads on and on is ended by its reader: there is no moment after it.
            late = not step.startswith("cat-file")
            yield from ((verb, step, fault) for fault in FAULTS if late or not fault.endswith("after"))


@dataclass
class Tried:
    """What came of the faults."""

    outcomes: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, case: object, done: Done, problem: str) -> None:
        self.outcomes[done.code] += 1
        if problem:
            self.wrong.append(f"{case}: {problem}: {done.out} {done.err}")

    def __str__(self) -> str:
        names = {-9: "killed", 0: "done", 6: "outcome unknown"}
        said = Counter[str]()
        for code, number in self.outcomes.items():
            said[names.get(code, "refused, nothing changed")] += number
        return ", ".join(f"{number:,} {what}" for what, number in sorted(said.items()))


def test_a_command_whose_program_dies_fails_or_hangs_has_happened_or_not_and_runs_again(
    ground: Ground, warmed: Warm, reached: Callable[[str], None]
) -> None:
    tried, every = Tried(), list(cases(ground, warmed))
    chosen = every if IS_SOAK else random.Random(SEED).sample(every, 16)
    for verb, step, fault in chosen:
        ground.restore()
        before = ground.refs()
        done = ground.run(warmed, verb, {step: fault}, HUNG_S if fault.startswith("hang") else 0)
        tried.note((verb, step, fault), done, problem_of(ground, verb, done, before))
    assert not tried.wrong, "\n".join(tried.wrong[:10])
    steps = len({(verb, step) for verb, step, _ in every})
    reached(
        f"R2: {len(chosen):,} of {len(every):,} faults at {steps} named steps of {len(COMMANDS)} commands:"
        f" {tried}; 0 violations"
    )


PLANS = [
    ({"push 1": "hang-after"}, 0),
    ({"push 1": "hang-before"}, 0),
    ({"push 1": "hang-after", "fetch 2": "EIO"}, 6),
    ({"push 1": "hang-before", "fetch 2": "hang-before"}, 6),
    ({"push 1": "hang-before", "push 2": "hang-before"}, 5),
    ({"push 1": "hang-before", "push 2": "hang-after"}, 0),
]
"""What goes wrong with a push and with reading it back, and the exit code that is the truth."""


@pytest.mark.parametrize(("plan", "code"), PLANS[:: 1 if IS_SOAK else 2])
def test_a_push_that_does_not_answer_is_read_back(
    plan: dict[str, str], code: int, ground: Ground, warmed: Warm
) -> None:
    ground.restore()
    before = ground.refs()
    done = ground.run(warmed, "promote", plan, PATIENT_S)
    assert done.code == code, done.err
    assert problem_of(ground, "promote", done, before) == ""


def test_a_ref_that_cannot_be_read_is_not_taken_for_one_that_is_not_there(
    ground: Ground, warmed: Warm
) -> None:
    ground.restore()
    before = ground.refs()
    done = ground.run(warmed, "unhold", {f"show-ref {number}": "EIO" for number in range(1, 10)})
    assert done.code == 4, done.out
    assert "show-ref" in done.json["message"]
    assert problem_of(ground, "unhold", done, before) == ""


SYSTEM = (
    "write:error=ENOSPC",
    "write:error=EIO",
    "openat:error=EACCES",
    "rename:error=EIO",
    "link:error=EIO",
)


@pytest.mark.skipif(not can_inject(), reason="strace is not here, or may not trace")
def test_a_system_call_of_git_that_fails_leaves_nothing_half_made(
    ground: Ground, warmed: Warm, reached: Callable[[str], None]
) -> None:
    """The real git, and all that it starts on both sides, with one failing call."""
    chance, tried = random.Random(SEED), Tried()
    every = [
        (verb, f"{step} 1", f"inject={call}:when={when}")
        for verb in ("promote", "release")
        for step in ("fetch", "unpack-objects", "push")
        for call in SYSTEM
        for when in range(1, 13)
    ]
    chosen = every if IS_SOAK else chance.sample(every, 6)
    hit = 0
    ended: set[tuple[str, str, str]] = set()
    for verb, step, fault in chosen:
        kind = (verb, step, fault.partition(":when")[0])
        if kind in ended:
            continue  # it makes no more such calls
        ground.restore()
        before = ground.refs()
        done = ground.run(warmed, verb, {step: fault})
        hit += ground.faults.has_injected
        if not ground.faults.has_injected and IS_SOAK:
            ended.add(kind)
        tried.note((verb, step, fault), done, problem_of(ground, verb, done, before))
    assert not tried.wrong, "\n".join(tried.wrong[:10])
    reached(f"R2: {hit:,} failing system calls in the real git of both sides: {tried}; 0 violations")
