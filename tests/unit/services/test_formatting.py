from __future__ import annotations

import pytest
from helpers.registries import findings_text, source

from promptctl.errors import UsageError
from promptctl.services import formatting
from promptctl.services.formatting import plan
from promptctl.store.files import SourceFile
from promptctl.store.objects import REGULAR, SYMLINK


def after(path: str, content: bytes) -> bytes:
    """Return the file as fmt would leave it; it can be read."""
    found = plan([source(path, content)])
    assert found.is_clean
    return found.changes[0].after if found.changes else content


@pytest.mark.parametrize(
    ("path", "before", "expected"),
    [
        ("evals/a.yaml", b"\xef\xbb\xbfa:  1\r\nb: 2\rc: 3", b"a: 1\nb: 2\nc: 3\n"),
        ("promptctl.yaml", b"environments:\n- name: dev\n", b"environments:\n  - name: dev\n"),
        (
            "prompts/a.md",
            b"---\r\nname:   x\r\n---\r\n# user:\r\nHi  \r\n\r\n",
            b"---\nname: x\n---\n# user:\nHi  \n\n",
        ),
        ("prompts/a.prompty", b"---\nname:   x\n---\n", b"---\nname: x\n---\n"),
        (
            "datasets/a.jsonl",
            b'{"id":"a" ,"vars":{}}\r\n\n{ "id" : "b" }',
            b'{"id": "a", "vars": {}}\n{"id": "b"}\n',
        ),
        ("datasets/a.csv", b"\xef\xbb\xbfid,q\r\na,  x \r\n", b"id,q\na,  x \n"),
    ],
)
def test_line_ends_marks_and_layout_are_mended(path: str, before: bytes, expected: bytes) -> None:
    assert after(path, before) == expected
    assert after(path, expected) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"no front matter, no line end  ",
        b"---\nname: x\n---\nbody  \n\n\n---\nnot: yaml   \n---",
        b"---\n---\n\n\nbody",
        b"---\nname: x\n---",
        b"",
    ],
)
def test_bodies_stay_byte_for_byte(content: bytes) -> None:
    assert after("prompts/a.md", content) == content


@pytest.mark.parametrize(
    "line",
    ['{"id": "\\u00e9é", "expected": 1.50}', '{"id": "a", "expected": {"b": [1e2, -0.0, "x , : \\" y"]}}'],
)
def test_strings_numbers_and_the_order_of_keys_in_datasets_stay_as_they_are_written(line: str) -> None:
    assert after("datasets/a.jsonl", f"{line}\n".encode()) == f"{line}\n".encode()
    assert after("datasets/a.jsonl", line.replace(": ", ":", 1).encode()) == f"{line}\n".encode()


def test_what_cannot_be_read_is_left_alone_with_its_findings() -> None:
    link = SourceFile("evals/link.yaml", b"", SYMLINK, 3)
    large = SourceFile("evals/large.yaml", b"", 0o100644, 3_000_000)
    broken = {
        "evals/anchor.yaml": b"a: &x 1\r\nb: *x\r\n",
        "evals/bytes.yaml": b"a: \xff\n",
        "evals/nul.yaml": b"a: \0\n",
        "evals/twice.yaml": b"a: 1\na: 2\n",
        "prompts/open.md": b"---\nname: x\n",
        "datasets/a.jsonl": b'{"id": 1, "id": 2}\n',
        "datasets/a.csv": b"id,q\ra,x\r",
        "prompts/returns.md": b"---\rname: x\r---\rBe kind.\r",
    }
    found = plan([link, large, *(source(path, content) for path, content in broken.items())])
    assert found.changes == ()
    assert {each.path for each in found.findings} == {*broken, "evals/link.yaml", "evals/large.yaml"}
    assert "evals/anchor.yaml:1:4: error PC021" in findings_text(found.findings)
    assert "prompts/returns.md:1:4: error PC075" in findings_text(found.findings)
    assert not found.is_clean


def test_what_is_wrong_only_in_meaning_is_laid_out() -> None:
    assert after("evals/a.yaml", b"unknown:   1\n") == b"unknown: 1\n"
    assert after("prompts/a.md", b"---\nname:   x\n---\n{{ }\n") == b"---\nname: x\n---\n{{ }\n"


def test_only_files_of_the_registry_are_looked_at() -> None:
    files = [
        source(path, b"a:  1\n")
        for path in ("evals/a.yaml", "evals/ab.yaml", "evals/c/d.yaml", "evals/x.txt", "evals/x.md", "a.yaml")
    ]
    assert plan(files).files_count == 3
    assert [each.path for each in plan(files, ["evals/a.yaml", "evals/c"]).changes] == [
        "evals/a.yaml",
        "evals/c/d.yaml",
    ]
    assert plan(files, ["."]).files_count == 3
    with pytest.raises(UsageError, match="evals/b is no file of the registry"):
        plan(files, ["evals/b"])


def test_a_layout_that_would_change_what_a_file_says_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for layout in (lambda content: content.replace(b"1", b"2"), lambda content: content + b"# more\n"):
        monkeypatch.setitem(formatting._LAYOUTS, ".yaml", layout)
        found = plan([source("evals/a.yaml", b"a: 1\n")])
        assert (found.changes, found.kept, found.is_clean) == ((), ("evals/a.yaml",), False)


@pytest.mark.parametrize("line", ["\ufeff---", "# a\r---\r# b"])
def test_no_mended_line_ends_front_matter_earlier_than_before(line: str) -> None:
    content = f"---\n{line}\nname: a\n---\n# user:\nHello\n".encode()
    found = plan([SourceFile("prompts/a.md", content, REGULAR, len(content))])
    assert all(b"\n---\nname" not in each.after for each in found.changes)
