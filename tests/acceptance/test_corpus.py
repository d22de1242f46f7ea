"""1,519 prompts that people really wrote are files of a registry, and come out of it byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.corpus import CORPUS, Row, protected, rows
from helpers.repositories import Clone
from helpers.shop import publish, run, shop

from promptctl.core.bundle import parse
from promptctl.core.names import name_problem
from promptctl.core.rendering import CompiledPrompt
from promptctl.model.bundle import build
from promptctl.model.registry import Registry
from promptctl.services.validate import validate
from promptctl.store.files import from_work_tree
from promptctl.store.registry import read

PIPELINE = "environments:\n  - name: dev\n"
FINDINGS = {"PC079": 1, "PC082": 141}
"""How many findings of each code the corpus has: warnings about a zero-width space in one body, and about
separators (U+001E, U+001F, U+2028) in fourteen.

Nothing in it is CR LF, NUL or larger than 1 MiB; twelve bodies hold tags or lines like `user:` and
stand in `raw`.
"""

needs_corpus = pytest.mark.skipif(not CORPUS.parent.exists(), reason="the folder of shared data is not here")


def _registry(directory: Path, written: list[Row]) -> Registry:
    (directory / "prompts").mkdir()
    (directory / "promptctl.yaml").write_text(PIPELINE)
    for row in written:
        (directory / row.path).write_bytes(row.file.encode())
    return read(from_work_tree(directory))


def _messages(registry: Registry, row: Row) -> list[dict[str, str]]:
    built = build(registry, f"prompts/{row.name}")
    return CompiledPrompt(parse(built.content, digest=built.digest)).messages({})


def _system(body: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": body}]


@needs_corpus
def test_every_prompt_of_the_corpus_validates_and_renders_back_byte_for_byte(tmp_path: Path) -> None:
    corpus = rows()
    registry = _registry(tmp_path, corpus)
    report = validate(registry)
    assert Counter(each.code for each in report.findings) == FINDINGS
    assert (len(corpus), report.artifacts_count) == (1519, 1519)
    changed = [row.name for row in corpus if _messages(registry, row) != _system(row.body)]
    assert changed == []


# What the corpus has no example of, or a reader could take for something else.
BODIES = {
    "empty": "",
    "a line feed": "\n",
    "final line feeds": "text\n\n\n",
    "leading line feeds": "\n\n text",
    "white space alone": " \t \n ",
    "front matter": "---\nname: no\n---\ntext",
    "a fence": "---",
    "front matter that does not end": "---\ntext",
    "a marker": "user:",
    "a marker and a final line feed": "# System :\n",
    "a marker with attributes": 'user[name="x"]:\ntext',
    "a marker behind text": "text\n\tASSISTANT:\ntext",
    "an input": "Dear {{ name }}",
    "an opener that is never closed": "a {{ b, a {% c, a {# d",
    "closers": "}} %} #} -%}",
    "a brace at the end": "text {",
    "the end of raw": "{% endraw %}",
    "the end of raw in raw": "{% raw %}{{ a }}{% endraw %}{{ b }}{%\tendraw\n%}{",
    "many ends of raw": "{{% endraw %}" * 50,
    "a marker and the end of raw": "user:\n{% endraw %}\nuser:\n",
    "include": '{% include "voice" %}',
    "a secret's address": "${env:HOME} ${file:/etc/passwd}",
    "separators": "".join(map(chr, range(0x1C, 0x20))) + "\t\x0b\x0c\x85\u2028\u2029",
    "a byte order mark": "\ufefftext",
    "scripts and emoji": (
        "Grüße 你好 שלום 👩‍👩‍👧 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f e\u0301"
    ),
    "HTML": "<b>&amp;</b>",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_of_any_kind_renders_back_byte_for_byte(tmp_path: Path, body: str) -> None:
    row = Row(1, "Any", body)
    registry = _registry(tmp_path, [row])
    assert [each for each in validate(registry).findings if each.severity == "error"] == []
    assert _messages(registry, row) == _system(body)


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("a\r\nb", "PC004", 4),
        ("a\nb\0", "PC003", 5),
        ("x" * 2**20, "PC005", 0),
        ("a\rb", "PC075", 4),
        ("a\n\u202eb", "PC077", 5),
        ("a \U000e0067\U000e007f", "PC078", 4),
        ("a\n\n\x1b[2K", "PC081", 6),
    ],
)
def test_a_body_that_no_file_may_hold_is_a_finding_at_its_place(
    tmp_path: Path, body: str, code: str, line: int
) -> None:
    (finding,) = validate(_registry(tmp_path, [Row(1, "Any", body)])).findings
    assert (finding.path, finding.code, finding.line) == ("prompts/0001-any.md", code, line)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Linux Terminal", "0007-linux-terminal"),
        ("", "0007"),
        (" ?! ", "0007"),
        ("你好", "0007"),
        ("\"Don't\" — it's\n1.0.lock", "0007-don-t-it-s-1-0-lock"),
        ("word " * 100, "0007-" + ("word-" * 12)[:-1]),
    ],
)
def test_every_title_gives_a_legal_name_and_stays_as_the_description(
    tmp_path: Path, title: str, name: str
) -> None:
    row = Row(7, title, "text")
    registry = _registry(tmp_path, [row])
    assert row.name == name
    assert name_problem(row.name) is None
    assert registry.findings == ()
    assert (registry.artifacts[f"prompts/{name}"].value.description or "") == title


ODDITIES: dict[str, Callable[[Row], bool]] = {
    "a line that looks like a role": lambda row: row.body != protected(row.body) and "{" not in row.body,
    "template syntax": lambda row: "{{" in row.body,
    "control characters": lambda row: any(ord(each) < 32 and each not in "\t\n" for each in row.body),
    "invisible characters": lambda row: any(each in row.body for each in "\u200b\u2028"),
    "leading white space": lambda row: row.body[:1].isspace(),
    "a final line feed": lambda row: row.body.endswith("\n"),
    "a fence in its first line": lambda row: row.body.startswith("---\n"),
    "emoji": lambda row: any(ord(each) > 0xFFFF for each in row.body),
    "a title of no Latin letters": lambda row: row.name.isdigit(),
}


def _odd(corpus: list[Row]) -> dict[str, Row]:
    """Return one row for each oddity, all different; the last are the longest and a title's second bearer."""
    odd: dict[str, Row] = {}
    for oddity, has in ODDITIES.items():
        odd[oddity] = next(row for row in corpus if has(row) and row not in odd.values())
    odd["the longest"] = max(corpus, key=lambda row: len(row.body))
    titles = Counter(row.title for row in corpus)
    twins = [row for row in corpus if titles[row.title] > 1 and row not in odd.values()]
    odd["a title that another has"] = twins[-1]
    assert len({row.number for row in odd.values()}) == len(odd)
    return odd


_RUNTIME = """\
import json, sys, promptctl
with promptctl.connect(sys.argv[1], environment="dev", refresh=None, cache_dir=sys.argv[2]) as registry:
    print(json.dumps({name: registry.prompt(name).render().messages for name in sys.argv[3:]}))
"""


@needs_corpus
def test_the_oddest_are_released_promoted_in_one_commit_and_pulled_byte_for_byte(tmp_path: Path) -> None:
    odd = list(_odd(rows()).values())
    names = [row.name for row in odd]
    clone = shop(tmp_path, {"promptctl.yaml": PIPELINE, **{row.path: row.file for row in odd}})
    _succeed(clone, "release", *names)
    _succeed(clone, "promote", *names, "--to", "dev")
    url = clone.git("remote", "get-url", "origin")
    assert clone.git("ls-remote", url, "refs/heads/env/dev")
    clone.git("fetch", "--quiet", url, "refs/heads/env/dev")
    assert clone.git("rev-list", "--count", "FETCH_HEAD") == "1"
    pulled = subprocess.run(
        [sys.executable, "-c", _RUNTIME, url, str(tmp_path / "cache"), *names],
        env=dict(clone.environ),
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert json.loads(pulled.stdout) == {row.name: _system(row.body) for row in odd}


@needs_corpus
def test_the_render_command_prints_odd_prompts_byte_for_byte(tmp_path: Path) -> None:
    odd = list(_odd(rows()).values())
    clone = shop(tmp_path, {"promptctl.yaml": PIPELINE})
    publish(clone, {row.path: row.file for row in odd})
    for row in odd[:3]:
        done = run(clone.path, "render", row.name, "-o", "json", environ=clone.environ)
        assert (done.code, done.json["messages"]) == (0, _system(row.body)), done.err


def _succeed(clone: Clone, *args: str) -> None:
    done = run(clone.path, *args, environ=clone.environ)
    assert done.code == 0, f"{args}: {done.out} {done.err}"
