from __future__ import annotations

from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk, promptctl
from helpers.repositories import Clone, hermetic_environ, make_repository

BROKEN = {
    **FILES,
    "prompts/greeting.md": GREETING.replace("{{ guest }}", "{{ gest }}"),
    "rag_configs/city.yaml": "retrieval: {top_k: two}\n",
}

PRINTED = """\
prompts/greeting.md:10:3: warning PC103 the input `guest` is declared and never used
    │   guest:  {kind: string, required: true, description: Who arrives}
    │   ^
    → use it in the body, or remove it

prompts/greeting.md:19:4: error PC101 `gest` is not a declared input
    │ {{ gest }} stays {{ nights }} nights.
    │    ^
    → did you mean guest?

rag_configs/city.yaml:1:13: error PC042 `retrieval.top_k` must be a whole number, found the text "two"
    │ retrieval: {top_k: two}
    │             ^
    → write a number, in digits

10 files, 2 errors, 1 warning
"""


def make_files(path: Path, files: dict[str, str]) -> Desk:
    """Return a registry that is in no git repository."""
    path.mkdir(parents=True, exist_ok=True)
    clone = Clone(path, hermetic_environ(path.with_name("home")))
    clone.write(files)
    return Desk(clone)


@pytest.fixture
def broken(tmp_path: Path) -> Desk:
    return make_files(tmp_path / "registry", BROKEN)


def test_a_sound_registry_has_no_findings_and_needs_no_git_repository(tmp_path: Path) -> None:
    files = make_files(tmp_path / "registry", dict(FILES))
    ran = files.run("validate")
    assert (ran.code, ran.stdout, ran.stderr) == (0, "10 files, no findings\n", "")


def test_all_findings_are_printed_by_place_with_their_hints_and_a_summary(broken: Desk) -> None:
    ran = broken.run("validate")
    assert ran.code == 1
    assert ran.stderr == ""
    assert ran.stdout == PRINTED


def test_json_has_exactly_the_promised_keys_and_nothing_else_is_printed(broken: Desk) -> None:
    ran = broken.run("validate", "--format", "json")
    assert ran.code == 1
    assert set(ran.json) == {"schema", "findings", "summary"}
    assert ran.json["schema"] == "promptctl.validate/v1"
    assert [list(each) for each in ran.json["findings"]] == [
        ["code", "column", "hint", "line", "message", "path", "severity"]
    ] * 3
    assert ran.json["summary"] == {"files": 10, "artifacts": 9, "errors": 2, "warnings": 1}
    assert broken.run("-o", "json", "validate").stdout == ran.stdout


def test_github_annotations_escape_what_would_end_a_property_or_begin_a_command(tmp_path: Path) -> None:
    files = make_files(
        tmp_path / "registry", {**FILES, "rag_configs/100%,a:b\n::error::x.yaml": "retrieval: {top_k: 2}\n"}
    )
    ran = files.run("validate", "--format", "github")
    annotation, *log = ran.stdout.splitlines()
    assert annotation.startswith(
        "::error file=rag_configs/100%25%2Ca%3Ab%0A%3A %3Aerror%3A%3Ax.yaml,title=PC008::not a name: "
    )
    assert "%0Arename the file" in annotation
    assert log[0].startswith("rag_configs/100%,a:b : :error::x.yaml: error PC008 not a name: ")
    assert not [each for each in log if each.lstrip().startswith("::")]
    assert log[-1] == "11 files, 1 error, 0 warnings"
    assert ran.code == 1


def test_annotations_are_errors_first_and_then_the_log_has_all_that_people_read(broken: Desk) -> None:
    printed = broken.run("validate", "--format", "github").stdout
    assert (
        printed
        == (
            "::error file=prompts/greeting.md,line=19,col=4,title=PC101::`gest` is not a declared input"
            "%0Adid you mean guest?\n"
            "::error file=rag_configs/city.yaml,line=1,col=13,title=PC042::`retrieval.top_k` must be a whole"
            ' number, found the text "two"%0Awrite a number, in digits\n'
            "::warning file=prompts/greeting.md,line=10,col=3,title=PC103::the input `guest` is declared and"
            " never used%0Ause it in the body, or remove it\n"
        )
        + PRINTED
    )


def test_there_are_no_more_annotations_than_the_host_shows_and_the_last_says_so(tmp_path: Path) -> None:
    unused = "".join(f"  unused_{number}: {{kind: string}}\n" for number in range(11))
    undefined = "".join(f"{{{{ no_{number} }}}}\n" for number in range(13))
    many = {**FILES, "prompts/judges/a.md": f"---\ninputs:\n{unused}---\n{undefined}"}
    files = make_files(tmp_path / "registry", many)
    lines = files.run("validate", "--format", "github").stdout.splitlines()
    kinds = [each.split(" ")[0] for each in lines[:21]]
    assert kinds == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"]
    assert (
        lines[20]
        == "::notice title=promptctl validate::the log of this step has 3 more errors and 1 more warning"
    )
    assert sum(" error PC101 " in each for each in lines[21:]) == 13
    assert lines[-1] == "11 files, 13 errors, 11 warnings"


def test_hundreds_of_findings_are_blocks_of_their_own_in_the_order_of_their_places(tmp_path: Path) -> None:
    files = make_files(
        tmp_path / "registry",
        {**FILES, **{f"rag_configs/r{number:03}.yaml": "retrieval: {top_k: two}\n" for number in range(500)}},
    )
    *blocks, summary = files.run("validate").stdout.split("\n\n")
    assert summary == "510 files, 500 errors, 0 warnings\n"
    assert [each.splitlines()[0].split(":")[0] for each in blocks] == [
        f"rag_configs/r{number:03}.yaml" for number in range(500)
    ]
    assert {len(each.splitlines()) for each in blocks} == {4}


def test_a_long_line_is_cut_to_the_screen_around_the_caret(tmp_path: Path) -> None:
    long = f"{'all too ' * 60}{{{{ gest }}}}{' wordy' * 60}\n"
    files = make_files(
        tmp_path / "registry", {**FILES, "prompts/judges/a.md": f"---\ninputs: {{}}\n---\n{long}"}
    )
    for columns in (40, 80, 140):
        _, source, caret, *_ = files.run("validate", columns=columns).stdout.splitlines()
        assert len(source) == columns
        assert (source[:7], source[-1]) == ("    │ …", "…")
        assert source[caret.index("^") :].startswith("gest }} wo")
    _, source, *_ = files.run("validate", columns=1).stdout.splitlines()
    assert len(source) == 26


def test_lines_of_a_file_in_which_a_secret_was_found_are_never_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from promptctl.checks import catalogue
    from promptctl.cli.context import Context
    from promptctl.cli.validate import _print
    from promptctl.model.findings import Finding
    from promptctl.services.validate import Report

    monkeypatch.setattr(catalogue, "SECRETS", frozenset({"PC042"}))
    found = (
        Finding("a.yaml", 1, 1, "PC040", "unknown key"),
        Finding("a.yaml", 2, 6, "PC042", "a key of a provider", "remove it, and revoke it"),
        Finding("b.yaml", 1, 1, "PC040", "unknown key"),
    )
    report = Report(found, 2, 2)
    for style in ("text", "github", "sarif", "json"):
        _print(Context(), report, {"a.yaml": b"key: |\n  hunter2\n", "b.yaml": b"shown: 1\n"}, style)
        printed = capsys.readouterr().out
        assert "hunter2" not in printed
        assert "key: |" not in printed
        assert ("│ shown: 1" in printed) == (style in {"text", "github"})


def test_a_path_limits_findings_to_itself_and_to_what_uses_it(broken: Desk) -> None:
    of_rag_config = broken.run("-o", "json", "validate", "rag_configs/city.yaml").json
    assert [each["path"] for each in of_rag_config["findings"]] == ["rag_configs/city.yaml"]
    assert of_rag_config["summary"]["files"] == 2  # and the prompt that uses it
    of_partial = broken.run("-o", "json", "validate", "partials").json
    assert {each["path"] for each in of_partial["findings"]} == {"prompts/greeting.md"}


def test_paths_are_relative_to_the_directory_of_the_command(broken: Desk) -> None:
    inside = promptctl(broken.path / "prompts", broken.clone.environ, "-o", "json", "validate", "greeting.md")
    assert {each["path"] for each in inside.json["findings"]} == {"prompts/greeting.md"}
    moved = promptctl(
        broken.path.parent, broken.clone.environ, "-C", "registry/prompts", "validate", "tips.md"
    )
    assert (moved.code, moved.stdout) == (0, "1 file, no findings\n")


@pytest.mark.parametrize("path", ["../elsewhere.md", "/etc/passwd", "prompts/../../x"])
def test_a_path_outside_of_the_registry_is_refused(broken: Desk, path: str) -> None:
    ran = broken.run("validate", path)
    assert ran.code == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith(f"error: {path} is outside of the registry ")


def test_a_path_where_there_is_nothing_is_refused_by_name(broken: Desk) -> None:
    ran = broken.run("validate", "prompts/nobody.md")
    assert (ran.code, ran.stderr) == (
        2,
        "error: prompts/nobody.md is no file of the registry\n hint: promptctl list\n",
    )


def test_where_there_is_no_registry_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    ran = promptctl(tmp_path, hermetic_environ(tmp_path / "home"), "validate")
    assert ran.code == 2
    assert "is in no registry" in ran.stderr
    assert "promptctl init" in ran.stderr


HOSTILE = {
    **FILES,
    "rag_configs/city.yaml": 'retrieval: {search_type: "\\e[31m\\a", top_k: "\u202e::error::"}\n',
    "rag_configs/\x1b[2J.yaml": "a: 1\n",
    "rag_configs/\udcff\u202e##[add-mask]x.yaml": "a: 1\n",
    "rag_configs/##vso[task.x].yaml": "a: 1\n",
    "prompts/judges/a.md": "---\ninputs: {}\n---\n::error::x {{ a }} \x1b[31m ##[add-mask]x {{ b }}\n",
    "prompts/judges/b.md": "---\ninputs: {}\n---\n\t::stop-commands::x{{ a }}\n",
}


@pytest.mark.parametrize("style", ["text", "github", "json", "sarif"])
def test_what_a_terminal_or_a_runner_would_obey_is_neutralised(tmp_path: Path, style: str) -> None:
    files = make_files(tmp_path / "registry", HOSTILE)
    ran = files.run("validate", "--format", style)
    assert (ran.code, ran.stderr) == (1, "")
    for sign in "\x1b\a\u202e\t":
        assert sign not in ran.stdout
    commands = [each for each in ran.stdout.splitlines() if each.lstrip().startswith("::")]
    assert all(each.startswith(("::error file=", "::warning file=")) for each in commands)
    assert bool(commands) == (style == "github")
    if style != "json":
        assert "##[" not in ran.stdout
        assert "##vso[" not in ran.stdout


def test_findings_are_the_same_in_a_repository(tmp_path: Path, broken: Desk) -> None:
    desk = make_desk(tmp_path / "desk", BROKEN)
    assert desk.run("validate").stdout == broken.run("validate").stdout


def test_a_revision_that_is_empty_is_not_taken_for_the_work_tree(broken: Desk) -> None:
    refused = broken.run("validate", "--at", "")
    assert refused.code == 2
    assert "--at names no commit" in refused.stderr


def test_a_file_whose_name_is_not_utf_8_is_refused_again_and_again(tmp_path: Path) -> None:
    files = make_files(tmp_path / "registry", {**FILES, "prompts/caf\udce9.md": "Hello\n"})
    first, second = files.run("validate"), files.run("validate")
    assert first.code == 1
    assert first.stdout.startswith("prompts/caf\ufffd.md: error PC008 not a name: ")
    assert second.stdout == first.stdout


def test_another_directory_may_lie_beside_this_one(tmp_path: Path) -> None:
    here = make_files(tmp_path / "here", dict(FILES))
    make_files(tmp_path / "there", {**FILES, "prompts/more.md": "Hello {{ you }}\n"})
    ran = here.run("-C", "../there", "validate")
    assert ran.code == 1
    assert ran.stdout.startswith("prompts/more.md:1:10: error PC101 ")


def test_where_no_registry_is_nothing_passes(tmp_path: Path) -> None:
    clone = make_repository(tmp_path / "shop", hermetic_environ(tmp_path / "home"))
    clone.write({"notes.txt": "no registry"})
    ran = promptctl(clone.path, clone.environ, "validate")
    assert (ran.code, ran.stdout) == (2, "")
    assert "holds no file of a registry\n hint: go into the registry" in ran.stderr
