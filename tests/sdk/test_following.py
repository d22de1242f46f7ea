"""A handle that is there follows its environment, and never loses what it serves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from helpers.environments import ADDRESS, NAME, Remote, bundle_of, prompt_body, wait_for

import promptctl


def answer(registry: promptctl.Registry) -> str:
    return str(registry.prompt(NAME).render(question="why?").messages[0]["content"])


def test_it_serves_what_the_environment_pins(remote, connect):
    remote.serve_text("1.2.0", "Answer: {{ question }}")

    registry = connect()

    prompt = registry.prompt(NAME)
    assert (prompt.address, prompt.name, prompt.version) == (ADDRESS, NAME, "1.2.0")
    assert prompt.environment == "prod"
    assert prompt.digest.startswith("sha256:")
    assert prompt.render(question="why?").messages == [{"role": "system", "content": "Answer: why?"}]


def test_name_and_address_mean_the_same_prompt(remote, connect):
    remote.serve_text("1.0.0", "x")
    registry = connect()
    assert registry.prompt(NAME) is registry.prompt(ADDRESS)


def test_a_prompt_whose_name_looks_like_an_address_is_found_by_its_address_only(remote, connect):
    odd = "prompts/rag_configs/x"
    remote.serve({odd: ("1.0.0", bundle_of(prompt_body(), odd))})
    registry = connect()
    assert registry.prompt(odd).address == odd
    with pytest.raises(promptctl.UsageError):
        registry.prompt("rag_configs/x")


def test_it_follows_a_promotion_and_a_rollback_without_restart(remote, connect):
    remote.serve_text("1.0.0", "old")
    registry = connect()

    remote.serve_text("1.1.0", "new")
    wait_for(lambda: answer(registry) == "new", "the promotion")
    remote.serve_text("1.0.0", "old")
    wait_for(lambda: answer(registry) == "old", "the rollback")

    status = registry.status
    assert (status.state, status.sequence, status.serving[ADDRESS]) == ("READY", 3, "1.0.0")


def test_a_prompt_that_was_handed_out_stays_what_it_was(remote, connect):
    remote.serve_text("1.0.0", "old")
    registry = connect()
    held = registry.prompt(NAME)
    remote.serve_text("1.1.0", "new")
    wait_for(lambda: answer(registry) == "new", "the promotion")
    assert held.render(question="why?").messages[0]["content"] == "old"


def test_an_unchanged_release_is_not_compiled_again(remote, connect):
    other = "prompts/other"
    kept = ("1.0.0", bundle_of(prompt_body("kept"), other))
    remote.serve({other: kept, ADDRESS: ("1.0.0", bundle_of(prompt_body("old")))})
    registry = connect()
    before = registry.prompt("other")._compiled
    remote.serve({other: kept, ADDRESS: ("1.1.0", bundle_of(prompt_body("new")))})
    wait_for(lambda: answer(registry) == "new", "the promotion")
    assert registry.prompt("other")._compiled is before


def test_an_unknown_name_says_what_was_meant_and_what_serves(remote, connect):
    remote.serve_text("1.0.0", "x")
    registry = connect()
    with pytest.raises(promptctl.UsageError, match="'suport-answer' serves in prod") as refused:
        registry.prompt("suport-answer")
    assert "support-answer" in refused.value.hint
    with pytest.raises(promptctl.UsageError) as refused:
        registry.prompt("zzz")
    assert refused.value.hint == "serving: support-answer"


def test_it_goes_on_serving_when_the_remote_is_deleted_and_says_so(remote, connect):
    remote.serve_text("1.0.0", "still here")
    registry = connect()
    shutil.rmtree(remote.path)
    wait_for(lambda: registry.status.state == "STALE", "the failed look")
    assert answer(registry) == "still here"
    assert "cannot be asked" in registry.status.reason


def test_it_recovers_by_itself_when_the_remote_comes_back(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "old")
    registry = connect()
    away = remote.path.rename(tmp_path / "away")
    wait_for(lambda: registry.status.state == "STALE", "the failed look")
    away.rename(remote.path)
    remote.serve_text("1.1.0", "new")
    wait_for(lambda: answer(registry) == "new", "the recovery")
    assert registry.status.state == "READY"
    assert registry.status.reason == ""


def test_it_serves_after_close_and_looks_no_more(remote, connect):
    remote.serve_text("1.0.0", "old")
    with connect() as registry:
        pass
    remote.serve_text("1.1.0", "new")
    other = connect()
    wait_for(lambda: answer(other) == "new", "another handle's start")
    remote.serve_text("1.2.0", "newer")
    wait_for(lambda: answer(other) == "newer", "another handle's look")
    assert answer(registry) == "old"


def test_without_refresh_it_never_looks(remote, connect):
    remote.serve_text("1.0.0", "old")
    still, moving = connect(refresh=None), connect()
    for version, text in (("1.1.0", "new"), ("1.2.0", "newer")):
        remote.serve_text(version, text)
        wait_for(lambda text=text: answer(moving) == text, "the handle that looks")
    assert answer(still) == "old"


def test_a_handle_that_nobody_holds_is_forgotten(remote, tmp_path):
    import gc

    from promptctl.sdk.refresher import REFRESHER

    remote.serve_text("1.0.0", "x")
    registry = promptctl.connect(remote.url, environment="prod", cache_dir=tmp_path / "c", refresh=3600)
    known = [each for each in REFRESHER._due if each() is registry]
    assert known
    del registry
    gc.collect()
    assert known[0]() is None


def test_threads_share_a_handle_while_it_changes(remote, connect):
    remote.serve_text("1.0.0", "1.0.0")
    registry = connect(refresh=0.02)
    wrong: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            prompt = registry.prompt(NAME)
            said = prompt.render(question="why?").messages[0]["content"]
            if said != prompt.version:
                wrong.append(f"{said} from {prompt.version}")
            done.wait(0.001)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for minor in range(1, 6):
            remote.serve_text(f"1.{minor}.0", f"1.{minor}.0")
            wait_for(lambda minor=minor: answer(registry) == f"1.{minor}.0", "the promotion")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert wrong == []


FORKED = """
import os, sys, time
import promptctl
url, cache = sys.argv[1:]
registry = promptctl.connect(url, environment="prod", refresh=0.1, cache_dir=cache)
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.close(reading)
    os.write(writing, b"forked\\n")
    deadline = time.monotonic() + 30
    while registry.prompt("support-answer").version != "1.1.0" and time.monotonic() < deadline:
        time.sleep(0.02)
    os.write(writing, registry.prompt("support-answer").version.encode())
    os._exit(0)
os.close(writing)
registry.close()
with os.fdopen(reading) as stream:
    print(stream.readline(), end="", flush=True)
    print(stream.read(), flush=True)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_goes_on_following(remote: Remote, tmp_path: Path):
    remote.serve_text("1.0.0", "old")
    words = [sys.executable, "-c", FORKED, remote.url, str(tmp_path / "cache")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "forked\n"
        remote.serve_text("1.1.0", "new")
        assert process.stdout.read() == "1.1.0\n"


def test_a_look_with_nothing_new_is_one_request_for_one_ref(remote, connect, tmp_path, monkeypatch):
    remote.serve_text("1.0.0", "x")
    registry = connect(refresh=None)
    calls = tmp_path / "calls"
    real = shutil.which("git")
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    (bin_directory / "git").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {calls}\nexec {real} "$@"\n')
    (bin_directory / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_directory}:{os.environ['PATH']}")
    registry.refresh()
    lines = [line for line in calls.read_text().splitlines() if "upload-pack" not in line]
    assert len(lines) == 1
    assert lines[0].endswith(f"ls-remote --heads {remote.url} refs/heads/env/prod")
    assert registry.status.state == "READY"
