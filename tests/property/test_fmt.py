"""After `fmt` a file says what it said, comments included, and `fmt` has nothing more to do."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from helpers.golden import files as golden_files
from helpers.registries import registry, source
from helpers.yaml_texts import Writer
from hypothesis import assume, given
from hypothesis import strategies as st

from promptctl.core.names import FOLDERS
from promptctl.model.bundle import build
from promptctl.services.formatting import Formatting, plan
from promptctl.store import yaml_reader
from promptctl.store.yaml_layout import laid_out

ROOT = Path(__file__).parents[2]
EXAMPLE = {
    path.relative_to(ROOT).as_posix(): path.read_bytes()
    for folder in FOLDERS.values()
    for path in (ROOT / folder).rglob("*.*")
} | {"promptctl.yaml": (ROOT / "promptctl.yaml").read_bytes()}


def meaning(text: str) -> str | None:
    """Return values, their order and how numbers were written; None for what cannot be read."""
    document, _ = yaml_reader.read(text.encode(), "x.yaml")
    return document and json.dumps([document.value, list(document.plain.values())])


def fmt(files: dict[str, bytes]) -> Formatting:
    return plan([source(path, content) for path, content in files.items()])


@given(st.integers(0, 2**64))
def test_any_document_means_the_same_afterwards_and_stays_as_it_is(seed: int) -> None:
    text = Writer(Random(seed)).document()
    before = meaning(text)
    assume(before is not None)
    after = laid_out(text)
    assert meaning(after) == before
    assert laid_out(after) == after


@given(st.integers(0, 2**64))
def test_nothing_but_space_changes(seed: int) -> None:
    text = Writer(Random(seed)).document()
    assume(meaning(text) is not None)
    assert "".join(laid_out(text).split()) == "".join(text.split())


@given(st.text("ab:-?[]{},#'\"|>+1 \n\t%&*!é\\", max_size=40))
def test_any_text_that_can_be_read_means_the_same_afterwards(text: str) -> None:
    before = meaning(text)
    assume(before is not None)
    assert meaning(laid_out(text)) == before
    assert laid_out(laid_out(text)) == laid_out(text)


@pytest.mark.parametrize("files", [golden_files(), EXAMPLE], ids=["golden", "example"])
def test_a_registry_has_the_same_digests_afterwards(files: dict[str, bytes]) -> None:
    found = fmt(files)
    assert found.is_clean
    after = files | {each.path: each.after for each in found.changes}
    assert not fmt(after).changes
    one, other = registry(files), registry(after)
    prompts = [each.address for each in one.of_kind("prompt")]
    assert prompts
    assert [build(one, each).digest for each in prompts] == [build(other, each).digest for each in prompts]


def test_the_example_is_in_its_layout() -> None:
    assert not fmt(EXAMPLE).changes


@given(
    st.binary(max_size=60),
    st.sampled_from(["prompts/a.md", "evals/a.yaml", "datasets/a.jsonl", "datasets/a.csv"]),
)
def test_any_bytes_are_laid_out_or_left_alone_with_a_finding(content: bytes, path: str) -> None:
    found = fmt({path: content})
    assert not found.kept
    if not found.findings:
        after = {each.path: each.after for each in found.changes}
        assert not fmt({path: content} | after).changes


@given(
    st.text('\r\n\t "{}[]:,\\1ae-é#|', max_size=40),
    st.sampled_from(["", "\ufeff", "\ufeff\ufeff"]),
    st.sampled_from(["evals/a.yaml", "prompts/a.md"]),
)
def test_odd_line_ends_are_mended_once_and_for_all(text: str, mark: str, path: str) -> None:
    content = (f"{mark}---\r\n{mark}{text}\r\n---\r\n{text}" if path.endswith("md") else mark + text).encode()
    found = fmt({path: content})
    assert not found.kept
    for each in found.changes:
        assert b"\r\n" not in each.after
        assert not each.after.startswith(mark.encode() or b"\0")
        assert not fmt({path: each.after}).changes


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e9, 1e9)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=4), _JSON, max_size=3), max_size=4),
    st.sampled_from([(",", ":"), (" ,\t", "  : "), (", ", ": ")]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\n \n", "\r\r\n"]),
)
def test_lines_of_json_say_the_same_and_are_laid_out_once(
    cases: list[object], separators: tuple[str, str], is_ascii: bool, line_end: str
) -> None:
    lines = [json.dumps(each, ensure_ascii=is_ascii, separators=separators) for each in cases]
    content = "".join(f" {line}{line_end}" for line in lines).encode()
    found = fmt({"datasets/a.jsonl": content})
    assert found.is_clean
    after = found.changes[0].after if found.changes else content
    assert after.decode() == "".join(f"{json.dumps(each, ensure_ascii=is_ascii)}\n" for each in cases)


@given(st.text('a,"\n\r\t é', max_size=30), st.sampled_from(["", "\ufeff"]))
def test_tables_keep_their_values(text: str, mark: str) -> None:
    content = f"{mark}id,q\r\n{text}".encode()
    found = fmt({"datasets/a.csv": content})
    assert not found.kept
    for each in found.changes:
        assert not fmt({"datasets/a.csv": each.after}).changes
