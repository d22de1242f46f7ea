"""Who meets what was done to a registry, and how he says that he will have nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from helpers.attacks import HELLO, World
from helpers.shop import call

import promptctl

Attack = tuple[Callable[[World], object], Mapping[str, str]]
"""What Eve does, and who refuses it (see `REFUSERS`) with which words."""

WHY = ("--reason", "a test")
REFUSERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # Ada has what was there before; Ben clones the registry afterwards.
    "verify": ("ben", ("verify", "--all")),
    "verify again": ("ada", ("verify", "--all")),
    "promote": ("ada", ("promote", "hello", "--to", "staging")),
    "promote to prod": ("ben", ("promote", "hello", "--to", "prod")),
    "promote to dev": ("ben", ("promote", "hello", "--to", "dev")),
    "promote by Eve": ("eve", ("promote", "hello@1.1.0", "--to", "dev")),
    "rollback": ("ada", ("rollback", "hello", "--env", "dev", *WHY)),
    "rollback by Ben": ("ben", ("rollback", "hello", "--env", "dev", *WHY)),
}
"""Who runs what. `runtime` follows dev; `new runtime` and the one `that trusts Ada` start later; `pinned`
loads 1.2.0 by its tag.
"""

CODES = {"verify": (1,), "promote": (1, 2, 4), "rollback": (2, 4)}


def copied(sound: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a copy of a world, in whose environment runtimes of this process then run."""
    for key, value in sound.environ.items():
        monkeypatch.setenv(key, value)
    return sound.copied(folder)


def check_attack(world: World, attack: Attack) -> None:
    """Carry it out; see that all whom it meets refuse it, change nothing and serve on."""
    do, refused = attack
    url, cache = world.remote.path.as_uri(), world.folder / "cache"
    with closing(promptctl.connect(url, environment="dev", cache_dir=cache, refresh=None)) as runtime:
        serving = dict(runtime.status.serving)
        do(world)
        before = world.remote.git("for-each-ref")
        for who, words in refused.items():
            assert words in said(world, runtime, who), who
        assert runtime.status.serving == serving or "runtime" not in refused
    assert world.remote.git("for-each-ref") == before


def said(world: World, runtime: promptctl.Registry, who: str) -> str:
    """Return the words of a refusal; that it is one is checked here."""
    url = world.remote.path.as_uri()
    if who == "runtime":
        runtime.refresh()
        assert runtime.status.state != "READY"
        return runtime.status.reason
    if who in ("new runtime", "pinned", "runtime that trusts Ada"):
        what = {"pins": {HELLO: "1.2.0"}} if who == "pinned" else {"environment": "dev", "refresh": None}
        if who == "runtime that trusts Ada":
            what["allowed_signers"] = b"ada@acme.example " + world.public("ada")
        with pytest.raises(promptctl.PromptctlError) as refused:
            promptctl.connect(url, cache_dir=world.folder / "other", **what)
        return refused.value.message
    person, words = REFUSERS[who]
    clone = world.ben() if person == "ben" else {"ada": world.ada, "eve": world.eve}[person]
    done = call(clone, *words, "-o", "json")
    assert done.code in CODES[words[0]], done.out + done.err
    return done.out
