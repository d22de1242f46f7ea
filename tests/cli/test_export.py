from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk, promptctl
from helpers.repositories import hermetic_environ

KEYS = {"schema", "format", "address", "where", "version", "digest", "content", "written", "findings"}


def test_standard_output_is_the_file_and_notes_go_to_standard_error(desk: Desk) -> None:
    ran = desk.run("export", "prompty", "tips")
    assert ran.code == 0
    assert ran.stdout.startswith("---\nname: tips\ndescription: Recommends places from what was found.\n")
    assert ran.stdout.endswith(
        "# system:\nOnly recommend these:\n{{ context }}\n\n{{ history }}\n\n# user:\n{{ question }}\n"
    )
    assert ran.stderr.startswith("warning PC230 Prompty ignores the key `promptctl`")
    assert "    → check inputs" in ran.stderr
    quiet = desk.run("-q", "export", "prompty", "tips")
    assert (quiet.stdout, quiet.stderr) == (ran.stdout, "")


def test_a_release_is_exported_with_what_its_file_says(desk: Desk) -> None:
    old, new = desk.ok("export", "prompty", "greeting@prod"), desk.ok("export", "prompty", "greeting")
    assert "description: Greets a guest by name." in old
    assert "guest: {kind: string, description: Who arrives, required: true}" in old
    assert "metadata: {owner: front-desk}" in old
    assert (
        "You work at the front desk of a small hotel.\nBe {{ tone }}.\n" in old
    )  # the partial stands inside
    assert "Be short and {{ tone }}.\n" in new
    assert desk.ok("export", "prompty", "greeting@1.0.0") == old
    assert desk.ok("export", "prompty", "greeting@git:HEAD") == new


def test_an_exported_release_comes_back_with_its_digest(desk: Desk, tmp_path: Path) -> None:
    released = desk.run("show", "greeting@1.0.0", "-o", "json").json["digest"]
    other = make_desk(tmp_path, {"promptctl.yaml": FILES["promptctl.yaml"]})
    (tmp_path / "greeting.prompty").write_text(desk.ok("export", "prompty", "greeting@1.0.0"))
    other.ok("import", "prompty", str(tmp_path / "greeting.prompty"))
    assert other.run("show", "greeting", "-o", "json").json["digest"] == released


def test_promptfoo_gets_the_cases_of_the_suites_and_gives_them_back(desk: Desk, tmp_path: Path) -> None:
    config = tmp_path / "promptfooconfig.yaml"
    printed = desk.ok("export", "promptfoo", "greeting", "--to", str(config))
    assert printed.startswith(f"{config}  promptfoo of prompts/greeting (work tree)")
    other = make_desk(tmp_path, {"promptctl.yaml": FILES["promptctl.yaml"]})
    other.ok("import", "promptfoo", str(config), "--name", "greeting")
    assert [
        json.loads(each) for each in (other.path / "datasets/greeting.jsonl").read_text().splitlines()
    ] == [
        {"id": "a", "vars": {"guest": "Ada"}, "assert": [{"type": "icontains", "value": "Ada"}]},
        {"id": "b", "vars": {"guest": "Bo"}, "assert": [{"type": "icontains", "value": "Bo"}]},
    ]
    words = ("greeting", "--var", "guest=Ada", "-o", "json")
    assert other.run("render", *words).json["messages"] == desk.run("render", *words).json["messages"]
    assert "tests:\n" in desk.ok("export", "promptfoo", "greeting@prod")


def test_messages_are_those_of_render(desk: Desk) -> None:
    words = ("greeting@prod", "--var", "guest=Ada")
    rendered = desk.run("render", *words, "-o", "json").json["messages"]
    assert json.loads(desk.ok("export", "messages", *words)) == rendered
    missing = desk.run("export", "messages", "greeting")
    assert (missing.code, missing.stderr.splitlines()[0]) == (2, "error: required input is missing: guest")


def test_json_has_the_content_and_the_findings(desk: Desk) -> None:
    found = desk.run("export", "prompty", "tips@git:HEAD", "-o", "json").json
    assert (found["schema"], set(found)) == ("promptctl.export/v1", KEYS)
    assert (found["format"], found["address"], found["where"]) == ("prompty", "prompts/tips", "git:HEAD")
    assert (found["version"], found["written"]) == (None, None)
    assert found["content"] == desk.ok("export", "prompty", "tips")
    assert set(found["findings"][0]) == {"code", "severity", "path", "line", "column", "message", "hint"}
    assert found["findings"][0]["path"] == "prompts/tips"


def test_no_file_is_replaced(desk: Desk, tmp_path: Path) -> None:
    for place in (tmp_path / "there", tmp_path / "link"):
        (tmp_path / "there").write_text("mine")
        if place.name == "link":
            place.symlink_to(tmp_path / "nowhere")
        ran = desk.run("export", "prompty", "greeting", "--to", str(place))
        assert (ran.code, ran.stdout) == (4, "")
        assert ran.stderr.startswith(f"error: {place} exists, and is not replaced\n")
    assert (tmp_path / "there").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    lost = desk.run("export", "prompty", "greeting", "--to", str(tmp_path / "no" / "folder"))
    assert lost.code == 4
    assert "cannot be used: No such file or directory" in lost.stderr


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("promtpy", "greeting"), "error: there is no format 'promtpy'\n hint: did you mean prompty?\n"),
        (
            ("toml", "greeting"),
            "error: there is no format 'toml'\n hint: known: prompty, promptfoo, messages\n",
        ),
        (
            ("prompty", "guardrails/house"),
            (
                "error: guardrails/house is no prompt\n"
                " hint: prompts are exported: promptctl export prompty NAME\n"
            ),
        ),
        (
            ("prompty", "greeting", "--var", "guest=a"),
            (
                "error: prompty keeps the inputs as they are declared\n hint: leave --var, --vars and "
                "--documents out, or promptctl export messages prompts/greeting\n"
            ),
        ),
    ],
)
def test_what_cannot_be_exported_is_refused(desk: Desk, words: tuple[str, ...], error: str) -> None:
    ran = desk.run("export", *words)
    assert (ran.code, ran.stdout, ran.stderr) == (2, "", error)


def test_findings_stop_an_export(tmp_path: Path) -> None:
    broken = make_desk(
        tmp_path, {**FILES, "prompts/greeting.md": GREETING.replace("{{ guest }}", "{{ guest")}
    )
    ran = broken.run("export", "prompty", "greeting")
    assert (ran.code, ran.stdout) == (1, "")
    assert "prompts/greeting.md:19" in ran.stderr


def test_help_names_the_formats(desk: Desk) -> None:
    assert "\n    promptfoo  a promptfoo configuration, with the cases of its suites\n" in desk.ok(
        "export", "--help"
    )


PAGE = Path(__file__).parents[2] / "docs/how-to/export.md"
COMMANDS = re.findall(r"^    promptctl (export .*)$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_do_what_it_says(command: str, tmp_path: Path) -> None:
    (tmp_path / "found.json").write_text('[{"id": "a", "content": "Chairs may be returned."}]')
    words = shlex.split(command.partition(" > ")[0])
    example = str(PAGE.parents[2])
    ran = promptctl(tmp_path, hermetic_environ(tmp_path / "home"), "-C", example, *words)
    assert ran.code == 0, ran.stderr
    assert "--to" not in words or (tmp_path / words[-1]).read_text().startswith("# yaml-language-server")
    assert set(re.findall(r"PC\d+", ran.stderr)) <= set(re.findall(r"`(PC\d+)`", PAGE.read_text()))
