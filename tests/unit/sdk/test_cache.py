from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.sdk.cache import Cache, environment_key, release_key

FILES = {"lock.json": b"{}\n", "releases/prompts/a/bundle.json": b"\x00\n\xff", "empty": b""}


def test_what_was_written_is_read_back(tmp_path: Path):
    cache = Cache(tmp_path, "url")
    cache.write("env/prod", FILES)
    assert cache.read("env/prod") == FILES
    assert cache.trouble == ""


def test_nothing_is_read_under_another_key_or_address(tmp_path: Path):
    Cache(tmp_path, "url").write("env/prod", FILES)
    assert Cache(tmp_path, "url").read("env/staging") is None
    assert Cache(tmp_path, "other").read("env/prod") is None


def test_keys_of_environments_and_releases_never_meet():
    assert environment_key("prod") == "env/prod"
    assert release_key("prompts/a", "1.0.0") == "prompts/a/v1.0.0"


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_no_changed_byte_is_overlooked(position: int, difference: int):
    from promptctl.sdk.cache import _packed, _unpacked

    content = bytearray(_packed(FILES))
    content[position % len(content)] ^= difference
    try:
        found = _unpacked(bytes(content))
    except (ValueError, KeyError, TypeError):
        found = None
    assert found is None


@pytest.mark.parametrize("content", [b"", b"\n", b"promptctl.cache/v1 x\n[]\n", b"\xff" * 100])
def test_garbage_counts_as_nothing(content: bytes, tmp_path: Path):
    cache = Cache(tmp_path, "url")
    cache.write("env/prod", FILES)
    (path,) = tmp_path.rglob("prod.cache")
    path.write_bytes(content)
    assert cache.read("env/prod") is None


def test_a_write_that_fails_says_why_and_leaves_nothing_behind(tmp_path: Path):
    cache = Cache(tmp_path, "url")
    cache.write("env/prod", FILES)
    (path,) = tmp_path.rglob("prod.cache")
    path.unlink()
    path.mkdir()
    cache.write("env/prod", FILES)
    assert "cannot be written" in cache.trouble
    assert list(path.parent.iterdir()) == [path]
    path.rmdir()
    cache.write("env/prod", FILES)
    assert cache.trouble == ""


def test_only_the_owner_may_look_inside(tmp_path: Path):
    cache = Cache(tmp_path / "cache", "url")
    cache.write("env/prod", FILES)
    (path,) = tmp_path.rglob("prod.cache")
    assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_place_of_a_file_counts_as_nothing_and_is_not_waited_for(tmp_path: Path):
    Cache(tmp_path, "url").write("env/prod", FILES)
    (path,) = tmp_path.rglob("prod.cache")
    path.unlink()
    os.mkfifo(path)
    # In a process of its own: without the guarantee it would wait for ever.
    code = "import pathlib, sys; from promptctl.sdk.cache import Cache as C\n"
    code += "print(C(pathlib.Path(sys.argv[1]), 'url').read('env/prod'))"
    command = [sys.executable, "-c", code, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert run.stdout == "None\n"
