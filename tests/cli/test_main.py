from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import Desk

from promptctl.cli.main import VERBS

HEAVY = (
    *("pydantic", "pydantic_core", "ruamel", "git", "deepdiff", "rich", "aiohttp", "jsonschema", "rfc8785"),
    *("numpy", "asyncio", "promptctl.services", "promptctl.store", "promptctl.model"),
)


def run_and_list_modules(words: list[str], directory: Path) -> tuple[str, set[str]]:
    """Return what a command prints and the modules that it loads."""
    program = (
        "import sys\nfrom promptctl.cli.main import run\n"
        f"run({words!r})\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=directory, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout, set(done.stderr.split())


def test_help_loads_click_and_nothing_heavy(tmp_path: Path) -> None:
    printed, modules = run_and_list_modules(["--help"], tmp_path)
    assert all(f"\n  {verb} " in printed for verb in VERBS)
    assert "click" in modules
    assert not modules & set(HEAVY)


def test_no_words_at_all_print_the_help(desk: Desk) -> None:
    ran = desk.run()
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("Usage: promptctl")


@pytest.mark.parametrize(
    "words", [("-o", "json", "statsu"), ("list", "-o", "json", "--bogus"), ("--output=json", "x")]
)
def test_words_that_cannot_be_parsed_are_refused_as_json_too(desk: Desk, words: tuple[str, ...]) -> None:
    ran = desk.run(*words)
    assert ran.code == 2
    assert json.loads(ran.stdout)["schema"] == "promptctl.error/v1"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_the_help_of_a_verb_loads_nothing_heavy_and_has_an_example(verb: str, tmp_path: Path) -> None:
    printed, modules = run_and_list_modules([verb, "--help"], tmp_path)
    usage, _, rest = printed.partition("\n")
    assert usage.startswith(f"Usage: promptctl {verb} ")
    assert f"  promptctl {verb}" in rest
    assert not modules & set(HEAVY)


def test_a_typo_is_answered_with_the_verb_that_was_meant(desk: Desk) -> None:
    ran = desk.run("promot")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == "error: there is no command 'promot'\n hint: did you mean `promptctl promote`?\n"
    assert desk.run("xyzzy").stderr == "error: there is no command 'xyzzy'\n hint: promptctl --help\n"


@pytest.mark.parametrize(
    "words", [("list", "--bogus"), ("show",), ("show", "a", "b"), ("-o", "yaml", "list")]
)
def test_wrong_words_end_with_code_2_and_the_help_to_read(desk: Desk, words: tuple[str, ...]) -> None:
    ran = desk.run(*words)
    assert (ran.code, ran.stdout) == (2, "")
    error, hint = ran.stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith(" hint: promptctl ")
    assert hint.endswith("--help")


def test_a_refusal_in_json_is_one_document_on_standard_output(desk: Desk) -> None:
    for words in (("show", "xyzzy", "-o", "json"), ("-o", "json", "show", "xyzzy")):
        ran = desk.run(*words)
        assert ran.code == 2
        assert ran.json == {
            "schema": "promptctl.error/v1",
            "code": "usage",
            "message": "there is no prompts/xyzzy",
            "hint": "promptctl list",
            "exit_code": 2,
        }


def test_nothing_is_coloured_where_there_is_no_terminal(desk: Desk) -> None:
    for words in (("list",), ("show", "greeting"), ("show", "nobody"), ("validate",)):
        ran = desk.run(*words)
        assert "\x1b" not in ran.stdout + ran.stderr


def test_a_terminal_gets_colour_unless_no_color_says_otherwise(desk: Desk) -> None:
    for extra, coloured in ((), True), (("--no-color",), False):
        assert ("\x1b[" in on_terminal(desk, dict(desk.clone.environ), *extra, "list")) is coloured
    assert "\x1b[" not in on_terminal(desk, {**desk.clone.environ, "NO_COLOR": "1"}, "list")


def on_terminal(desk: Desk, environ: dict[str, str], *words: str) -> str:
    """Return what a command prints on a terminal."""
    import os
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "promptctl", *words]
    process = subprocess.Popen(command, cwd=desk.path, env=environ, stdout=theirs, stderr=theirs)
    os.close(theirs)
    printed = b""
    try:
        while chunk := os.read(ours, 65_536):
            printed += chunk
    except OSError:
        pass  # how Linux says that nobody holds the other end any more
    finally:
        process.wait(timeout=60)
        os.close(ours)
    return printed.decode()


def test_a_bug_says_so_without_a_traceback_and_with_one_when_asked(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom promptctl.cli import context, main\n"
        "context.Context.repository = lambda self: 1 / 0\n"
        "sys.exit(main.run(sys.argv[1:]))"
    )
    for words, has_traceback in ((["status"], False), (["--debug", "status"], True)):
        done = subprocess.run(
            [sys.executable, "-c", program, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 3
        assert "error: ZeroDivisionError: division by zero" in done.stderr
        assert "this is a bug of promptctl" in done.stderr
        assert ("Traceback" in done.stderr) is has_traceback


def test_a_reader_that_goes_away_is_no_error(desk: Desk) -> None:
    command = f"{sys.executable} -m promptctl show greeting | head -0"
    done = subprocess.run(
        ["sh", "-c", command], cwd=desk.path, env=dict(desk.clone.environ), capture_output=True, check=True
    )
    assert done.stderr == b""


@pytest.mark.parametrize(
    "words", [("rollback", "greeting", "--env", "dev"), ("hold", "--env", "dev"), ("unhold", "--env", "dev")]
)
def test_a_reason_that_says_nothing_is_refused(desk: Desk, words: tuple[str, ...]) -> None:
    ran = desk.run(*words, "--reason", "  ")
    assert ran.code == 2
    assert "--reason is empty" in ran.stderr
