"""Files of registries, damaged: byte by byte from a seed, and by grammar with Hypothesis."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from helpers.templates import Maker
from hypothesis import strategies as st

from promptctl.store.files import from_work_tree

_ROOT = Path(__file__).parents[2]
_DATA = _ROOT / "tests/data"
_CEILING_BYTES = 1_200_000
"""A little over the largest file that is read: both sides of the limit are tried."""


@dataclass(frozen=True)
class Mutant:
    """A registry in which one file, at `path`, was damaged; `how` says in what way."""

    path: str
    how: str
    files: Mapping[str, bytes]
    original: Mapping[str, bytes]


@cache
def registries() -> tuple[Mapping[str, bytes], ...]:
    """The registries whose files are damaged: two that are sound, and all that are wrong in some way."""
    folders = [
        _ROOT,
        _DATA / "golden/registry",
        *sorted(each for each in _DATA.glob("bad/*") if each.is_dir()),
    ]
    pipeline = {"promptctl.yaml": b"environments:\n  - name: dev\n"}
    found = ({each.path: each.data for each in from_work_tree(folder)} for folder in folders)
    return tuple(pipeline | files for files in found)


@cache
def _places() -> Mapping[str, tuple[tuple[int, str], ...]]:
    """Registries and paths by folder: every kind of file is damaged as often as any other."""
    places: dict[str, list[tuple[int, str]]] = {}
    for number, files in enumerate(registries()):
        for path in files:
            weight = 40 if number < 2 else 1  # a sound file lets more of the damage through
            places.setdefault(path.partition("/")[0] + path[path.rfind(".") :], []).extend(
                [(number, path)] * weight
            )
    return {kind: tuple(each) for kind, each in sorted(places.items())}


def _mutant(number: int, path: str, data: bytes, how: str) -> Mutant:
    original = registries()[number]
    return Mutant(path, how, {**original, path: data[:_CEILING_BYTES]}, original)


# --- bytes ------------------------------------------------------------------------------------------------

_PIECES = (
    b"\0", b"\r", b"\r\n", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xe2\x80", b"\xf0\x9f\x98", b"\xed\xa0\x80",
    b"\xc0\xaf", "\u202e".encode(), "\u2066".encode(), "\u200b".encode(), "\u200d".encode(),
    "\u00a0".encode(),
    "\u0085".encode(), "\u2028".encode(), "\U000e0041".encode(), "\ue000".encode(), "\u0430".encode(),
    "e\u0301".encode(), "😀".encode(), b"\x1b[31m", b"\x07", b"\x7f", b"\t", b"\n", b"---\n", b"...\n", b"{{",
    b"}}",
    b"{%", b"%}", b"{#", b"#}", b"{% raw %}", b"{% endraw %}", b"system:\n", b"# user:\n", b"&a ", b"*a ",
    b"!!str ",
    b"!x ", b"<<: ", b"? ", b"- ", b": ", b"|\n", b">-\n", b"\"", b"'", b"[", b"]", b"{", b"}", b",", b"#",
    b"%",
    b"\\u", b"\\", b"::error::", b"##[error]", b"${env:HOME}", b"${file:x}", b"1e999", b".nan", b"-0", b"0x",
    b"null",
)  # fmt: skip


def _flip(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 1, 4, 32))):
        if data:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _delete(data: bytearray, random: Random) -> None:
    start, end = _span(data, random)
    del data[start:end]


def _duplicate(data: bytearray, random: Random) -> None:
    start, end = _span(data, random)
    data[start:start] = data[start:end] * random.choice((1, 1, 2, 50))


def _repeat(data: bytearray, random: Random) -> None:
    start, end = _span(data, random)
    part = bytes(data[start:end][: random.choice((1, 2, 8, 64))]) or b"a"
    data[start:start] = part * (random.choice((1_000, 20_000, _CEILING_BYTES)) // len(part))


def _truncate(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data) + 1) :]


def _insert(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 1, 3))):
        at = random.randrange(len(data) + 1)
        data[at:at] = random.choice(_PIECES) * random.choice((1, 1, 1, 3, 500))


def _splice(data: bytearray, random: Random) -> None:
    number, path = random.choice(random.choice(list(_places().values())))
    other = registries()[number][path]
    data[random.randrange(len(data) + 1) :] = other[random.randrange(len(other) + 1) :]


def _lines(data: bytearray, random: Random) -> None:
    lines = bytes(data).split(b"\n")
    at = random.randrange(len(lines))
    random.choice((
        lambda: lines.insert(random.randrange(len(lines)), lines[at]),
        lambda: lines.pop(at),
        lambda: lines.__setitem__(at, b" " * random.choice((1, 2, 3, 9)) + lines[at]),
        lambda: lines.__setitem__(at, lines[at].lstrip()),
        lambda: random.shuffle(lines),
    ))()  # fmt: skip
    data[:] = b"\n".join(lines)


def _letter(data: bytearray, random: Random) -> None:
    """Damage that gets far: one letter for another."""
    for _ in range(random.choice((1, 2, 10))):
        at = random.randrange(len(data) + 1)
        if chr(int.from_bytes(data[at : at + 1])).islower():
            data[at] = random.choice(b"abcdefghijklmnopqrstuvwxyz")


def _span(data: bytearray, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 3, 20, 200, 5_000)))


_DAMAGES: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip, _delete, _duplicate, _repeat, _truncate, _insert, _splice, _lines, _letter, _letter,
)  # fmt: skip


def byte_mutant(seed: int) -> Mutant:
    """Return the mutant of this seed, always the same: some file, damaged one to three times."""
    random = Random(seed)
    number, path = random.choice(random.choice(list(_places().values())))
    data = bytearray(registries()[number][path])
    damages = [random.choice(_DAMAGES) for _ in range(random.choice((1, 1, 2, 3)))]
    for damage in damages:
        damage(data, random)
    return _mutant(number, path, bytes(data), "+".join(each.__name__.strip("_") for each in damages))


# --- grammar ----------------------------------------------------------------------------------------------

_NASTY = (
    "", "~", "null", "yes", "1.10", "0755", "1e3", "1e999", "-.inf", ".nan", "0x" + "f" * 300, "9" * 6_000,
    "-" + "9" * 20, "1." + "0" * 6_000 + "1", "1_000", "2026-11-22", "&a x", "*a", "&a [*a]",
    "!!python/object x",
    "!!binary aGk=", "{<<: {a: 1}}", "{a: 1, a: 2}", "{? [x] : 1}", "{1: 2}", "|\n", ">\n  x\n y", "'",
    '"\\ud800"',
    '"\\x00"', '"\\u202e"', '"\\U000e0041"', "[" * 40 + "]" * 40, "[" * 5_000, "{a: " * 5_000, "- " * 5_000,
    "[" + "x, " * 20_000 + "]", "{" + ", ".join(f"k{at}: 1" for at in range(20_000)) + "}",
    "[" + "[x, y], " * 20_000 + "]", '"' + "a" * 500_000 + '"', "x" * 500_000, "${env:HOME}",
    "${file:/etc/passwd}",
    "../../etc/passwd", "/etc/passwd", "prompts/../x", "a/" * 200 + "a", "\u0430dmin", "a\n::error::x",
    "{kind: string, kind: integer}", "{kind: array, items: " * 30 + "{kind: string}" + "}" * 30,
    "{kind: object, properties: {a: {}, a: {}}}", '"(a+)+$"', '"((a{1,500}){1,500}){1,500}"', '"["',
    "{type: regex, value: '(x+x+)+y'}", "{type: javascript, value: process.exit()}",
    "http://169.254.169.254/",
    "sk-" + "a1B2" * 12, "-----BEGIN PRIVATE KEY-----",
)  # fmt: skip
_WORDS = st.sampled_from((
    "name", "description", "metadata", "model", "provider", "id", "options", "inputs", "outputs", "tools",
    "kind",
    "required", "default", "enumValues", "items", "properties", "promptctl", "rag_config", "context_template",
    "guardrails", "tool_policies", "oversight_policy", "trust", "end_user", "thread", "string", "array",
    "object",
    "integer", "retrieval", "top_k", "filters", "embedding", "dimensions", "input", "output", "egress",
    "type",
    "action", "rules", "when", "mode", "target", "dataset", "assert", "value", "threshold", "metric", "judge",
    "must_pass", "vars", "expected", "environments", "gates", "evals", "providers", "base_url", "after",
    "context",
    "support", "question", "documents", "local", "dev", "prod", "allow", "block", "read", "write",
))  # fmt: skip
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), _WORDS, st.just("x" * 3_000)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_YAML = (
    st.sampled_from(_NASTY)
    | _VALUES.map(lambda value: json.dumps(value, ensure_ascii=False))
    | st.text(max_size=60)
)
_SETTING = re.compile(rb"([A-Za-z_]+): *([^,{}\[\]\n]*|\{[^{}\n]*\}|\[[^\[\]\n]*\])")

_PATTERNS = (
    "{% for a in documents %}" * 9 + "{{ a }}" + "{% endfor %}" * 9,
    "{% for a in question %}" * 17 + "{% endfor %}" * 17,
    "{% if question %}" * 5_000, "{% if question %}x{% endif %}" * 6_000, "{{ question }}" * 60_000,
    "{{ " + "(" * 5_000 + "question" + ")" * 5_000 + " }}", "{{ " + "not " * 5_000 + "question }}",
    "{{ question" + " | upper" * 5_000 + " }}", "{{ question" + ".a" * 50_000 + " }}",
    "{{ question" + ' | replace("", question)' * 20 + " }}", '{{ "' + "a" * 400_000 + '" }}',
    '{{ "a"' + ' | replace("a", "aaaaaaaaaaaaaaaa")' * 24 + " }}", "{{ [" + "1, " * 50_000 + "1] | join }}",
    "{{ " + "9" * 6_000 + " }}", "{{ 1e999 }}", "{{ question | replace(question, question) }}",
    '{% include "brand-voice" %}' * 3_000, '{% include "../../x" %}', '{% include question %}',
    '{% include "nothing" %}',
    "{% set a = 1 %}", "{% macro a() %}{% endmacro %}", "{{ question.__class__.__mro__ }}",
    "{{ question() }}",
    "{{ ''.join(question) }}", "{{ loop }}", "{% for loop in documents %}{{ loop }}{% endfor %}",
    "{{ a ~ b }}",
    "{%- if x -%}", "{{- x -}}", "{% raw %}", "{% raw %}{% endraw\u00a0%}", "{{ question\u00a0}}",
    "{{ 'a' }}{{ \"b\" }}",
    "{# " + "x" * 300_000 + " #}", "{#" * 100_000, "{{" * 100_000, "{%" * 100_000,
    "{% raw %}{% endraw %}" * 20_000,
    "# system:\n" * 50_000, "user:\n" * 50_000, "# user[name=\"x\"]:\nhi\n",
    "system:\n{{ question }}\nassistant:\n",
    "{% if question %}\n# user:\n{% endif %}\n", "{{ history }}\n{{ history }}\n", "{{ history }} x\n",
    "---\n" * 50_000,
    "<q>{{ question }}</q>", "<q>" * 50_000, "</context>" * 20_000 + "{{ context }}", "\t \t " * 50_000 + ":",
    " " * 300_000 + "system" + " " * 300_000 + "x",
)  # fmt: skip
_BODY = (
    st.sampled_from(_PATTERNS)
    | st.integers(0, 2**32).map(lambda seed: Maker(Random(seed)).template(4))
    | st.lists(st.sampled_from(("{{", "}}", "{%", "%}", "{#", "#}", " ", "\n", "|", ".", "(", ")", "question",
    "if",
        "for", "in", "endif", "endfor", "else", "elif", "raw", "endraw", "include", "x", '"', "'", "\\", "1",
        "-", "==",
        "and", "not", "default", "tojson", "first", "user:\n", "system:\n", "# user:\n", "\u00a0", "[", "]",
        ",", "<q>",
        "</q>", "```", "—", "😀")), max_size=40).map("".join)
    | st.text(max_size=80)
)  # fmt: skip
_JSON_LINES = st.one_of(
    _VALUES.map(json.dumps),
    st.dictionaries(_WORDS, _VALUES, max_size=6).map(json.dumps),
    st.sampled_from((
        "[" * 100_000, '{"a":' * 100_000, '{"id": "a", "vars": ' + "[" * 40 + "]" * 40 + "}",
        '{"id": ' + "9" * 6_000 + "}",
        "{" + ", ".join(f'"k{at}": 1' for at in range(30_000)) + ', "k0": 2}', '{"id": "a"}\n' * 50_000,
        '{"id": "a", "id": "b"}', '{"id": NaN}', '{"id": 1e999}', '{"id": "\\ud800"}',
        '"' + "a" * 500_000 + '"',
        '{"id": "a", "vars": {"question": "' + "a" * 500_000 + '"}}', "\u2028", "{}\r{}",
        '{"id": "x", "must_pass": 1}',
        "{" + ", ".join(f'"k{at}": 1' for at in range(30_000)) + ', "k29999": 2}', "1\n" * 300_000,
        '{"id": "\\u0000"}',
    )),
)  # fmt: skip
_TABLES = st.one_of(
    st.lists(st.lists(st.text(max_size=8) | _WORDS, max_size=6).map(",".join), max_size=8).map("\n".join),
    st.sampled_from((
        "id,question\n" + "a,b\n" * 90_000, "id," * 100_000 + "\n",
        "id," + ",".join(f"c{at}" for at in range(90_000)),
        'id,question\na,"' + "b" * 130_000 + '"\n', 'id,question\na,"b', 'id,question\na,"b"c\n',
        "id,question\n\n\n,\n",
        "id,id\na,b\n", "id,question\n" + "".join(f"{at},b\n" for at in range(60_000)),
        "id\n" + "a\n" * 200_000,
        "id,question\n" + '"\n' * 100_000, 'id,must_pass\na,maybe\n',
        "id," * 200_000 + "x" + "\n" + "," * 200_000,
    )),
)  # fmt: skip


@st.composite
def grammar_mutants(draw: st.DrawFn) -> Mutant:
    """Mutants that stay near to what a reader expects, so that the damage gets far."""
    kind = draw(st.sampled_from(sorted(_places())))
    number, path = draw(st.sampled_from(_places()[kind]))
    data = registries()[number][path]
    if path.endswith(".jsonl"):
        return _mutant(number, path, _with_line(draw, data, draw(_JSON_LINES)), "line")
    if path.endswith(".csv"):
        return _mutant(number, path, draw(_TABLES).encode("utf-8", "surrogatepass"), "table")
    if path.endswith((".md", ".prompty")) and draw(st.booleans()):
        return _mutant(number, path, _with_line(draw, data, draw(_BODY)), "body")
    return _mutant(number, path, _with_setting(draw, data, draw(_YAML)), "setting")


def _with_line(draw: st.DrawFn, data: bytes, line: str) -> bytes:
    lines = data.split(b"\n")
    at = draw(st.integers(0, len(lines) - 1))
    lines[at : at + draw(st.sampled_from((0, 1)))] = [line.encode("utf-8", "surrogatepass")]
    return b"\n".join(lines)


def _with_setting(draw: st.DrawFn, data: bytes, text: str) -> bytes:
    """Put a text in the place of a value, or of a key."""
    settings = list(_SETTING.finditer(data))
    if not settings:
        return text.encode("utf-8", "surrogatepass") + b"\n" + data
    chosen = settings[draw(st.integers(0, len(settings) - 1))]
    start, end = chosen.span(draw(st.sampled_from((2, 2, 2, 1))))
    return data[:start] + text.encode("utf-8", "surrogatepass") + data[end:]
