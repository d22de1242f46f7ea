from __future__ import annotations

from helpers.registries import REGULAR, source

from promptctl.core.limits import LOAD
from promptctl.store.files import SourceFile
from promptctl.store.registry import read


def test_all_that_is_wrong_with_the_bytes_of_a_file_is_found_in_one_run_and_nothing_behind_it() -> None:
    content = b"\xef\xbb\xbfindex: [\r\nretrieval: \xe2\x80\xae\x00\x1b\xff ${env:KEY}\r"
    found = read([source("rag_configs/a.yaml", content)])
    codes = sorted(each.code for each in found.findings)
    assert codes == ["PC001", "PC002", "PC003", "PC004", "PC075", "PC077", "PC081", "PC105"]
    assert found.artifacts == {}
    assert found.paths == {"rag_configs/a": "rag_configs/a.yaml"}


def test_carriage_returns_alone_are_one_finding_with_their_number() -> None:
    lines = b"\r".join([b"Be kind."] * 1_201)
    (found,) = read([source("prompts/a.md", lines)]).findings
    assert (found.code, found.line, found.column) == ("PC075", 1, 9)
    assert found.message == "1,200 carriage returns without a line feed, the first here"
    (found,) = read([source("prompts/a.md", b"one\nt\rwo\n")]).findings
    assert (found.line, found.column, found.message) == (2, 2, "a carriage return without a line feed")


def test_a_warning_about_bytes_leaves_the_file_readable() -> None:
    found = read([source("prompts/a.md", "Be\u200b kind.\n")])
    assert [each.code for each in found.findings] == ["PC079"]
    assert set(found.artifacts) == {"prompts/a"}


def test_a_file_whose_bytes_were_not_even_loaded_is_too_large() -> None:
    size_bytes = LOAD.file_size_bytes + 1
    (found,) = read([SourceFile("prompts/a.md", b"", REGULAR, size_bytes)]).findings
    assert (found.code, found.message) == ("PC005", "2,097,153 bytes; a file has at most 1,048,576")


def test_a_refused_pipeline_is_an_empty_one() -> None:
    found = read([source("promptctl.yaml", "environments: [{name: dev}]\r\n")])
    assert [each.code for each in found.findings] == ["PC004"]
    assert found.pipeline.environments == ()


def test_findings_about_bytes_of_a_path_that_is_no_text_can_be_printed() -> None:
    found = read([source("prompts/a\udcff.md", "a\u202eb\n")]).findings
    assert {each.code for each in found} == {"PC008", "PC077"}
    assert all(each.where.encode() for each in found)


def test_of_two_files_with_one_name_the_first_is_the_artifact() -> None:
    found = read([source("prompts/a.prompty", "{{ wrong }\n"), source("prompts/a.md", "Be kind.\n")])
    assert found.artifacts["prompts/a"].path == "prompts/a.md"
    assert [(each.path, each.code) for each in found.findings] == [("prompts/a.prompty", "PC009")]


def test_names_that_differ_only_in_normalisation_are_in_each_others_way() -> None:
    found = read([source(f"prompts/{name}.md", "Be kind.\n") for name in ("caf\u00e9", "cafe\u0301")])
    assert "PC010" in {each.code for each in found.findings}
