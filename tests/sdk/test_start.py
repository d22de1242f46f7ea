"""How a handle starts: the source, the disk cache, what is bundled, or a clear refusal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.environments import ADDRESS, NAME, Remote, bundle_of, prompt_body, wait_for
from helpers.repositories import make_repository

import promptctl
from promptctl.sdk.cache import Cache, environment_key


def bundled(remote: Remote, directory: Path, environment: str = "prod") -> Path:
    """Bake an environment into a directory as the documentation says."""
    directory.mkdir()
    archive = subprocess.run(
        ["git", "archive", f"env/{environment}"], cwd=remote.path, check=True, capture_output=True
    )
    subprocess.run(["tar", "-x", "-C", str(directory)], input=archive.stdout, check=True)
    return directory


def cache_file(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "cache").rglob("prod.cache")
    return found


def test_a_path_is_as_good_as_an_url(remote, connect, monkeypatch):
    remote.serve_text("1.0.0", "x")
    monkeypatch.chdir(remote.path.parent)
    assert connect("remote.git").prompt(NAME).version == "1.0.0"
    assert connect(remote.path).prompt(NAME).version == "1.0.0"


def test_a_new_process_starts_from_the_disk_cache_when_the_remote_is_gone(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "kept: {{ question }}")
    connect().close()
    shutil.rmtree(remote.path)
    script = (
        "import promptctl, sys\n"
        "registry = promptctl.connect(sys.argv[1], environment='prod', cache_dir=sys.argv[2])\n"
        "print(registry.status.state, registry.status.origin)\n"
        f"print(registry.prompt('{NAME}').render(question='why?').messages)\n"
    )
    words = [sys.executable, "-c", script, remote.url, str(tmp_path / "cache")]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert said == "STALE cache\n[{'role': 'system', 'content': 'kept: why?'}]\n"


def test_the_source_is_asked_before_the_disk_cache(remote, connect):
    remote.serve_text("1.0.0", "old")
    connect().close()
    remote.serve_text("1.1.0", "new")
    assert connect(refresh=None).prompt(NAME).version == "1.1.0"


def test_with_timeout_0_the_disk_cache_serves_at_once_and_the_source_is_asked_later(remote, connect):
    remote.serve_text("1.0.0", "old")
    connect().close()
    remote.serve_text("1.1.0", "new")
    registry = connect(timeout=0, refresh=30)
    assert registry.prompt(NAME).version == "1.0.0"
    assert (registry.status.origin, registry.status.checked_s_ago) == ("cache", None)
    wait_for(lambda: registry.prompt(NAME).version == "1.1.0", "the first look")
    assert registry.status.origin == "source"


def test_with_timeout_0_and_nothing_else_to_serve_the_source_is_asked(remote, connect):
    remote.serve_text("1.0.0", "x")
    assert connect(timeout=0).prompt(NAME).version == "1.0.0"


def test_a_source_that_does_not_answer_costs_no_more_than_the_timeout(remote, connect, monkeypatch, tmp_path):
    remote.serve_text("1.0.0", "kept")
    connect().close()
    directory = tmp_path / "bin"
    directory.mkdir()
    (directory / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (directory / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    registry = connect(timeout=0.3, refresh=None)
    assert registry.prompt(NAME).version == "1.0.0"
    assert "did not finish within" in registry.status.reason


def test_without_git_the_disk_cache_serves(remote, connect, monkeypatch, tmp_path):
    remote.serve_text("1.0.0", "kept")
    connect().close()
    monkeypatch.setenv("PATH", str(tmp_path))
    registry = connect(refresh=None)
    assert registry.prompt(NAME).version == "1.0.0"
    assert "git is not installed" in registry.status.reason


def test_what_is_bundled_serves_when_all_else_fails(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "baked")
    directory = bundled(remote, tmp_path / "baked")
    registry = connect("file:///nowhere.git", bundled=directory)
    assert registry.prompt(NAME).render(question="?").messages[0]["content"] == "baked"
    assert (registry.status.state, registry.status.origin) == ("STALE", "bundled")


def test_the_disk_cache_comes_before_what_is_bundled(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "baked")
    directory = bundled(remote, tmp_path / "baked")
    remote.serve_text("1.1.0", "cached")
    connect().close()
    shutil.rmtree(remote.path)
    assert connect(bundled=directory).prompt(NAME).version == "1.1.0"


def test_what_is_bundled_is_verified(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "baked")
    directory = bundled(remote, tmp_path / "baked")
    (directory / "releases" / ADDRESS / "bundle.json").write_bytes(bundle_of(prompt_body("forged")))
    with pytest.raises(promptctl.Unavailable, match=r"bundled: .*expected sha256:"):
        connect("file:///nowhere.git", bundled=directory)


def test_nothing_to_serve_is_refused_with_every_reason(connect, tmp_path):
    with pytest.raises(promptctl.Unavailable) as refused:
        connect("file:///nowhere.git", bundled=tmp_path / "absent")
    for reason in ("cannot be asked", "the disk cache has nothing", "absent cannot be read"):
        assert reason in refused.value.message


@pytest.mark.parametrize(
    ("asked", "hint"),
    [("prdo", "did you mean prod? it has dev, prod"), ("staging", "it has dev, prod")],
)
def test_an_environment_that_does_not_exist_is_refused_with_those_that_do(remote, connect, asked, hint):
    remote.serve_text("1.0.0", "x")
    remote.serve_text("1.0.0", "x", environment="dev")
    remote.repository.git("update-ref", "refs/heads/env/none/of/ours", "env/dev")
    with pytest.raises(promptctl.Unavailable, match=f"^the source has no environment '{asked}'") as refused:
        connect(environment=asked)
    assert refused.value.hint == hint


def test_a_registry_without_environments_is_told_how_to_make_one(remote, connect):
    with pytest.raises(promptctl.Unavailable) as refused:
        connect()
    assert refused.value.hint == "it has no environment yet: promptctl promote NAME --to prod"


def test_a_clone_names_its_remote_where_the_environments_are(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "x")
    clone = make_repository(tmp_path / "clone", remote.repository.environ)
    clone.git("remote", "add", "another", "https://elsewhere.example.com/x.git")
    clone.git("remote", "add", "origin", "https://ann:to@ken@git.example.com/registry.git")
    with pytest.raises(promptctl.Unavailable, match="no environment 'prod'") as refused:
        connect(clone.path)
    told = f"{clone.path} is a clone, and environments live in its remote: connect to "
    assert refused.value.hint.startswith(
        f"{told}https://git.example.com/registry.git; environment='worktree'"
    )


def test_a_branch_that_is_there_but_must_not_serve_is_not_called_missing(remote, connect):
    remote.write({"lock.json": b"{}"})
    with pytest.raises(promptctl.Unavailable, match=r"is not served: .*lock\.json"):
        connect()


@pytest.mark.parametrize("options", [{"environment": "prod"}, {"pins": {NAME: "1.0.0"}}])
def test_an_unreachable_source_is_told_in_one_line(connect, options):
    with pytest.raises(promptctl.Unavailable) as refused:
        connect("file:///nowhere.git", **options)
    assert "cannot be reached: '/nowhere.git' does not appear to be a git repository" in refused.value.message
    assert "\n" not in refused.value.message
    assert "access rights" not in refused.value.message


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "say what to follow: environment='prod' or pins="),
        ({"environment": "no/slash"}, "'no/slash' is not an environment's name"),
        ({"environment": 3}, "environment=3: "),
        ({"environment": "prod", "refresh": 0}, "refresh=0: give seconds"),
        ({"environment": "prod", "refresh": "30"}, "refresh='30': give seconds"),
        ({"environment": "prod", "timeout": -1}, "timeout=-1: give seconds"),
        ({"environment": "prod", "timeout": float("nan")}, "timeout=nan: give seconds"),
        ({"pins": {"x": "latest"}}, "'latest' is not a version"),
        ({"pins": {"x": 1.2}}, "'x': 1.2: "),
        ({"pins": "x"}, "pins='x': give versions by prompt"),
    ],
)
def test_words_that_mean_nothing_are_refused(remote, options, told, tmp_path):
    with pytest.raises(promptctl.UsageError) as refused:
        promptctl.connect(remote.url, cache_dir=tmp_path / "cache", **options)
    assert refused.value.message.startswith(told)


@pytest.mark.parametrize(("url", "got"), [(None, "got NoneType"), (b"x", "got bytes"), ("", "is empty")])
def test_an_address_that_is_none_is_refused(url, got):
    with pytest.raises(promptctl.UsageError, match=f"^url.*{got}"):
        promptctl.connect(url, environment="prod")


def test_a_handle_prints_what_it_follows_and_no_credentials(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "x")
    assert repr(connect()) == f"<Registry {remote.url}: prod READY, serving 1>"
    baked = bundled(remote, tmp_path / "baked")
    secret = "https://ann:to@ken@localhost:1/x.git"
    pinned = connect(secret, pins={NAME: "1.0.0"}, bundled=baked)
    assert repr(pinned) == "<Registry https://localhost:1/x.git: pinned, serving 1>"


def torn(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content.replace(b'"version": "1.0.0"', b'"version": "9.0.0"')


def emptied(_content: bytes) -> bytes:
    return b""


def lengthened(content: bytes) -> bytes:
    return content + b"x"


@pytest.mark.parametrize("harm", [torn, flipped, emptied, lengthened])
def test_a_harmed_cache_file_is_never_served_and_never_fatal(harm, remote, connect, tmp_path):
    remote.serve_text("1.0.0", "x")
    connect().close()
    path = cache_file(tmp_path)
    harmed = harm(path.read_bytes())
    assert harmed != path.read_bytes()
    path.write_bytes(harmed)

    with pytest.raises(promptctl.Unavailable, match="the disk cache has nothing"):
        connect("file:///nowhere.git", cache_dir=tmp_path / "other")
    assert connect().prompt(NAME).version == "1.0.0"
    assert path.read_bytes() != harmed


def test_a_cache_file_made_whole_by_an_attacker_is_verified_like_anything_else(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "x")
    connect().close()
    cache = Cache(tmp_path / "cache", remote.url)
    key = environment_key("prod")
    files = cache.read(key)
    assert files is not None
    cache.write(key, {**files, f"releases/{ADDRESS}/bundle.json": bundle_of(prompt_body("forged"))})
    shutil.rmtree(remote.path)
    with pytest.raises(promptctl.Unavailable, match=r"cache: .*expected sha256:"):
        connect()


def test_a_cache_that_cannot_be_written_is_a_warning(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "x")
    (tmp_path / "file").write_text("in the way")
    registry = connect(cache_dir=tmp_path / "file" / "below")
    assert registry.prompt(NAME).version == "1.0.0"
    assert registry.status.state == "READY"
    assert "cannot be written" in registry.status.warnings[0]


def test_a_broken_repository_in_the_cache_is_made_anew(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "x")
    connect().close()
    (repository,) = (tmp_path / "cache").glob("*/repository.git")
    shutil.rmtree(repository / "objects")
    (repository / "shallow.lock").touch()
    remote.serve_text("1.1.0", "y")
    assert connect(refresh=None).prompt(NAME).version == "1.1.0"


def test_processes_share_a_cache_directory(remote, tmp_path):
    remote.serve_text("1.0.0", "x")
    script = (
        "import promptctl, sys\n"
        "registry = promptctl.connect(sys.argv[1], environment='prod', cache_dir=sys.argv[2])\n"
        f"print(registry.prompt('{NAME}').version, registry.status.state)\n"
    )
    words = [sys.executable, "-c", script, remote.url, str(tmp_path / "cache")]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate()[0] for process in running] == ["1.0.0 READY\n"] * 6


def test_the_cache_directory_follows_the_platform(remote, monkeypatch, tmp_path):
    remote.serve_text("1.0.0", "x")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    promptctl.connect(remote.url, environment="prod", refresh=None)
    assert list((tmp_path / "xdg" / "promptctl").rglob("prod.cache"))


def test_two_addresses_share_nothing_in_the_cache(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "x")
    connect().close()
    with pytest.raises(promptctl.Unavailable):
        connect((tmp_path / "another.git").as_uri())
