from __future__ import annotations

from pathlib import Path

import pytest
from helpers.registries import findings_text, registry, source
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.checks.of_files import FILE_RULES
from promptctl.core.kinds.prompt import Message
from promptctl.model.document import Place
from promptctl.model.findings import FINDINGS_PER_FILE
from promptctl.services.validate import validate
from promptctl.store.files import SourceFile, from_work_tree
from promptctl.store.objects import EXECUTABLE, SUBMODULE, SYMLINK
from promptctl.store.registry import read

ROOT = Path(__file__).parents[3]
PROMPT = """---
name: answer
inputs:
  question: {kind: string, required: true}
  history: {kind: thread}
promptctl:
  guardrails: [support]
  context_template: passages
---
# system:
Be kind.
---
{% include "voice" %}

{{ history }}

# user:
{{ question }}
"""


def codes(files: list[SourceFile]) -> list[tuple[str, str, int, int]]:
    """Return (path, code, line, column) of the findings of reading."""
    return [(each.path, each.code, each.line, each.column) for each in read(files).findings]


def test_a_prompt_is_its_front_matter_and_the_messages_of_its_body() -> None:
    found = registry({"prompts/answer.md": PROMPT, "partials/voice.md": "Say please.\n"})
    artifact = found.artifacts["prompts/answer"]
    assert artifact.value.name == "answer"
    assert artifact.value.messages == (
        Message(role="system", text='Be kind.\n---\n{% include "voice" %}'),
        Message(thread="history"),
        Message(role="user", text="{{ question }}"),
    )
    assert artifact.body_line == 10
    assert [(name.line, name.column) for name in artifact.templates[1].names()] == [(18, 4)]
    assert artifact.templates[0].print() == "Be kind.\n---\nSay please."


def test_references_are_full_addresses_with_their_place_partials_last() -> None:
    found = registry({"prompts/answer.md": PROMPT, "partials/voice.md": "Say please.\n"})
    assert [(each.target, each.place) for each in found.artifacts["prompts/answer"].references] == [
        ("guardrails/support", Place(7, 16)),
        ("context_templates/passages", Place(8, 3)),
        ("partials/voice", Place(13, 1)),
    ]


def test_names_that_lead_nowhere_are_findings_and_the_artifact_stays() -> None:
    found = registry({"prompts/answer.md": PROMPT, "partials/voice.md": "Say please.\n"})
    assert [(each.code, each.line) for each in found.findings] == [("PC052", 7), ("PC052", 8)]
    assert "prompts/answer" in found.artifacts


def test_a_file_that_cannot_be_read_still_counts_as_there() -> None:
    found = registry(
        {
            "prompts/answer.md": PROMPT,
            "partials/voice.md": "x",
            "guardrails/support.yaml": "a: b: c",
            "context_templates/passages.md": "\0",
        }
    )
    assert [each.code for each in found.findings] == ["PC003", "PC020"]
    assert found.paths["guardrails/support"] == "guardrails/support.yaml"
    assert "guardrails/support" not in found.artifacts


@pytest.mark.parametrize("name", ["prompts/plain.md", "prompts/plain.prompty"])
def test_a_prompt_without_front_matter_is_its_text_to_the_last_line_end(name: str) -> None:
    found = registry({name: "\n Act as a poet.\n---\n\n"})
    assert found.findings == ()
    assert found.artifacts["prompts/plain"].value.messages == (
        Message(role="system", text="\n Act as a poet.\n---\n"),
    )


@pytest.mark.parametrize(
    ("text", "body", "line"),
    [
        ("---\n---\nHi\n", "Hi", 3),
        ("---\nname: x\n---\n", "", 4),
        ("---\nname: x\n---", "", 4),
        ("----\nHi", "----\nHi", 1),
    ],
)
def test_front_matter_ends_at_the_first_line_that_is_exactly_the_fence(
    text: str, body: str, line: int
) -> None:
    artifact = registry({"prompts/x.md": text}).artifacts["prompts/x"]
    assert artifact.value.messages == (Message(role="system", text=body),)
    assert artifact.body_line == line


def test_files_outside_of_the_folders_and_names_with_underscore_or_dot_are_no_artifacts() -> None:
    ignored = ["README.md", "prompts/README.md", "prompts/_draft.md", "prompts/.x/y.md", "docs/a.md"]
    found = read([source(path, "---\nbroken") for path in ignored])
    assert (found.findings, dict(found.paths)) == ((), {})


def test_line_ends_of_windows_are_refused_with_the_first_place() -> None:
    assert codes([source("prompts/x.md", "one\ntwo\r\nthree\r\n")]) == [("prompts/x.md", "PC004", 2, 4)]


@pytest.mark.parametrize("mode", [SYMLINK, SUBMODULE, 0o010000])
def test_only_regular_files_are_read(mode: int) -> None:
    assert codes([source("prompts/x.md", "", mode)]) == [("prompts/x.md", "PC006", 0, 0)]
    assert codes([source("prompts", "", mode)]) == [("prompts", "PC006", 0, 0)]
    assert codes([source("promptctl.yaml", "", mode)]) == [("promptctl.yaml", "PC006", 0, 0)]


def test_executable_files_are_read() -> None:
    assert codes([source("prompts/x.md", "Hi", EXECUTABLE)]) == []


def test_a_file_over_a_mebibyte_is_refused_whether_or_not_its_bytes_were_read() -> None:
    too_large = 1024 * 1024 + 1
    assert codes([SourceFile("prompts/x.md", b"", 0o100644, too_large)]) == [("prompts/x.md", "PC005", 0, 0)]
    assert codes([source("prompts/x.md", "x" * too_large)]) == [("prompts/x.md", "PC005", 0, 0)]
    assert codes([source("prompts/x.md", "x" * (too_large - 1))]) == []


def test_a_path_that_is_no_text_is_named_so_that_it_can_be_printed() -> None:
    found = read([source("prompts/\udcff.md", "Hi")]).findings
    assert [each.code for each in found] == ["PC008"]
    found[0].path.encode()
    found[0].message.encode()


def test_nested_json_is_refused_and_not_recursed_into() -> None:
    deep = '{"id": "c1", "expected": ' + "[" * 100_000 + "]" * 100_000 + "}\n"
    shallow = '{"id": "c1", "expected": ' + "[" * 40 + "]" * 40 + "}\n"
    number = '{"id": "c1", "expected": ' + "9" * 6000 + "}\n"
    for text in (deep, shallow, number):
        assert codes([source("datasets/x.jsonl", text)]) == [("datasets/x.jsonl", "PC017", 1, 1)]


def test_a_table_is_a_dataset_of_texts() -> None:
    text = 'id,question,expected,must_pass\nc1,"When,\nexactly?",now,true\nc2,Who?,me,\n'
    found = registry({"datasets/golden.csv": text})
    assert findings_text(found.findings) == ""
    artifact = found.artifacts["datasets/golden"]
    assert [(each.id, each.vars, each.expected, each.must_pass) for each in artifact.value.cases] == [
        ("c1", {"question": "When,\nexactly?"}, "now", True),
        ("c2", {"question": "Who?"}, "me", False),
    ]
    assert [artifact.place(("cases", index)).line for index in (0, 1)] == [2, 4]


def test_what_includes_a_broken_partial_is_left_out_and_only_the_partial_has_the_finding() -> None:
    found = registry({"partials/voice.md": "{{ oops", "prompts/x.md": '{% include "voice" %}'})
    assert [each.path for each in found.findings] == ["partials/voice.md"]
    assert dict(found.artifacts) == {}


def test_a_wrong_pipeline_is_an_empty_one_with_findings() -> None:
    found = registry({"promptctl.yaml": "environments: [{name: dev, gates: {sok: 1h}}]"})
    assert found.pipeline.environments == ()
    assert [each.code for each in found.findings] == ["PC040"]


_EXAMPLES = [
    each
    for each in (
        *from_work_tree(ROOT),
        source("prompts/answer.md", PROMPT),
        source("partials/voice.md", "Hi {{ x }}"),
    )
    if 0 < len(each.data) < 20_000
]
_BITS = [
    b"\0",
    b"\xff",
    b"---\n",
    b"{{",
    b"%}",
    b"&a ",
    b"*a",
    b"!!x ",
    b": ",
    b"\t",
    b"{",
    b"[" * 50,
    b"1e999",
    b"\r\n",
]


@settings(max_examples=150)
@given(st.data())
def test_mutated_files_never_raise_and_every_finding_has_a_place(data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(_EXAMPLES))
    content = example.data
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 20))
        content = (
            content[:at] + data.draw(st.sampled_from(_BITS) | st.binary(max_size=4)) + content[at + cut :]
        )
    others = [each for each in _EXAMPLES if each.path != example.path]
    for each in validate(read([*others, source(example.path, content)])).findings:
        assert each.path
        assert each.message
        assert (each.line == 0) == (each.column == 0)
        assert each.line <= max(content.count(b"\n") + 2, 200)


@given(
    st.sampled_from(["prompts/x.md", "evals/x.yaml", "datasets/x.jsonl", "datasets/x.csv", "promptctl.yaml"]),
    st.binary(),
)
def test_random_files_never_raise(path: str, content: bytes) -> None:
    validate(read([source(path, content)]))


@given(st.text(min_size=1, max_size=20))
def test_random_names_never_raise(name: str) -> None:
    validate(read([source(f"prompts/{name}", "Hi")]))


def test_the_rules_that_are_skipped_for_plain_files_find_nothing_in_any_of_them() -> None:
    plain = bytes([9, 10, *range(32, 127)])
    skipped = [rule for rule in FILE_RULES if not rule.in_plain]
    assert skipped
    for first in plain:
        content = bytes([first]) + plain + bytes(reversed(plain))
        assert [found for rule in skipped for found in rule.check("prompts/a.md", content)] == []


def test_a_dataset_of_nothing_but_wrong_lines_has_a_bounded_number_of_findings() -> None:
    lines = "".join(f'{{"id": "c{number}", "wrong": 1}}\n' for number in range(100))
    assert len(registry({"datasets/d.jsonl": lines}).findings) == FINDINGS_PER_FILE
