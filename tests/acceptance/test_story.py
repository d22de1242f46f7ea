"""The main job, end to end, every step a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.repositories import Clone
from helpers.shop import SMALL, another, greeting, publish, run, shop

RUNTIME = """\
import sys, time, promptctl

registry = promptctl.connect(sys.argv[1], environment="prod", refresh=0.1, cache_dir=sys.argv[2])
seen = None
while True:
    prompt = registry.prompt("hello")
    if prompt.version != seen:
        seen = prompt.version
        print(seen, prompt.render(name="Ada").messages[0]["content"], flush=True)
    time.sleep(0.05)
"""


@contextmanager
def runtime(url: str, clone: Clone, cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Run an application that prints a line whenever another version answers."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUNTIME, url, str(cache)],
        env=dict(clone.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def promptctl(clone: Clone, *words: str, code: int = 0) -> str:
    done = run(clone.path, *words, environ=clone.environ)
    assert done.code == code, f"{words}: {done.out} {done.err}"
    return done.out


def test_an_edit_becomes_a_release_serves_prod_is_pulled_and_is_rolled_back(tmp_path: Path) -> None:
    ada = shop(tmp_path, SMALL)
    bob = another(ada, "bob")
    url = ada.git("remote", "get-url", "origin")

    assert "hello 1.0.0  released" in promptctl(ada, "release", "hello")
    promptctl(bob, "promote", "hello", "--to", "prod", code=4)
    for environment in ("dev", "staging", "prod"):
        assert "1.0.0" in promptctl(bob, "promote", "hello", "--to", environment)

    with runtime(url, ada, tmp_path / "cache") as process:
        assert line(process) == "1.0.0 Greet the customer."

        publish(ada, greeting("Greet the customer warmly."))
        assert "hello 1.1.0  released" in promptctl(ada, "release", "--changed")
        promptctl(ada, "promote", "hello@1.1.0", "--to", "prod", code=1)
        for environment in ("dev", "staging", "prod"):
            promptctl(ada, "promote", "--all", "--to", environment)
        assert line(process) == "1.1.0 Greet the customer warmly."

        promptctl(bob, "rollback", "hello", "--env", "prod", "--reason", "too warm")
        assert line(process) == "1.0.0 Greet the customer."
        promptctl(ada, "promote", "hello", "--to", "prod", code=1)

    (tmp_path / "remote.git").rename(tmp_path / "gone.git")
    with runtime(url, ada, tmp_path / "cache") as process:
        assert line(process) == "1.0.0 Greet the customer."
