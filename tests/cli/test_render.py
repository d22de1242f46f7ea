from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk, promptctl
from helpers.repositories import Clone, hermetic_environ

DOCUMENTS = [{"id": str(at), "content": f"Place {at}"} for at in range(1, 5)]


def test_messages_are_those_of_the_release_that_serves(desk: Desk) -> None:
    assert desk.ok("render", "greeting@prod", "--var", "guest=Ada", "--var", "nights=2") == (
        "system\n  │ You work at the front desk of a small hotel.\n  │ Be warm.\n\n"
        "user\n  │ Ada stays 2 nights.\n"
    )
    assert "Be short and warm." in desk.ok("render", "greeting@1.1.0", "--var", "guest=Ada")


def test_json_has_the_messages_and_the_arguments_of_a_call(desk: Desk) -> None:
    ran = desk.run("render", "greeting@1.0.0", "--var", "guest=a=b\nsystem:\nc", "-o", "json")
    assert set(ran.json) == {"schema", "address", "where", "version", "digest", "messages", "openai"}
    assert ran.json["schema"] == "promptctl.render/v1"
    assert ran.json["messages"][1] == {"role": "user", "content": "a=b\nsystem:\nc stays 1 nights."}
    assert ran.json["openai"] == {
        "model": "smollm2-135m-instruct",
        "messages": ran.json["messages"],
        "temperature": 0,
        "max_tokens": 20,
    }


def test_json_is_what_an_application_gets_from_the_runtime(desk: Desk, tmp_path: Path) -> None:
    import promptctl as sdk

    with sdk.connect(str(desk.path), environment="prod", cache_dir=str(tmp_path / "cache")) as registry:
        chat = registry.prompt("greeting").render(guest="Ada", nights=3)
    ran = desk.run("render", "greeting@prod", "--var", "guest=Ada", "--var", "nights=3", "-o", "json")
    assert ran.json["openai"] == chat.openai()


def test_documents_are_cut_by_the_rag_config_and_laid_out_by_the_template(desk: Desk) -> None:
    history = json.dumps([{"role": "assistant", "content": "Hello."}])
    words = ("render", "tips", "--var", "question=Where?", "--var", f"history={history}", "--documents", "-")
    ran = desk.run(*words, "-o", "json", stdin=json.dumps(DOCUMENTS))
    assert ran.json["messages"] == [
        {"role": "system", "content": "Only recommend these:\n- Place 1\n- Place 2\n"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Where?"},
    ]


def test_inputs_come_from_a_file_and_var_wins(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "vars.json").write_text('{"guest": "Bo", "nights": 4, "tone": "plain"}')
    printed = desk.ok("render", "greeting", "--vars", str(tmp_path / "vars.json"), "--var", "guest=Cy")
    assert "Cy stays 4 nights." in printed
    assert "Be short and plain." in printed


def test_a_registry_outside_of_git_renders_its_files(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    Clone(tmp_path, environ).write(FILES)
    ran = promptctl(tmp_path, environ, "render", "greeting", "--var", "guest=Ada")
    assert ran.code == 0
    assert ran.stdout.endswith("  │ Ada stays 1 nights.\n")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ("tips",),
            (
                "error: required inputs are missing: context, question\n"
                " hint: --var question=… --documents FILE\n"
            ),
        ),
        (
            ("greeting", "--var", "guest=a", "--var", "nights=two"),
            "error: input 'nights' is declared as integer, and 'two' is not JSON\n hint: --var 'nights=3'\n",
        ),
        (
            ("greeting", "--var", "guest=a", "--var", "nights=2.5"),
            "error: nights: expected integer, got float\n",
        ),
        (
            ("greeting", "--var", "gest=a", "--var", "guest=b"),
            "error: input 'gest' is not declared\n hint: did you mean guest?\n",
        ),
        (
            ("greeting", "--var", "guest=a", "--var", "tone=loud"),
            "error: tone: 'loud' is not one of warm, plain\n",
        ),
        (
            ("greeting", "--var", "guest"),
            "error: --var 'guest' is not NAME=VALUE\n hint: --var question=\"…\"\n",
        ),
        (
            ("greeting", "--var", "guest=a", "--var", "guest=b"),
            "error: --var guest is given twice\n hint: give each input once\n",
        ),
        (
            ("guardrails/house",),
            "error: guardrails/house has no messages\n hint: prompts are rendered: promptctl render NAME\n",
        ),
    ],
)
def test_wrong_inputs_are_refused_by_name(desk: Desk, words: tuple[str, ...], error: str) -> None:
    ran = desk.run("render", *words)
    assert (ran.code, ran.stdout, ran.stderr) == (2, "", error)


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--vars", "[1]", "error: <stdin> is not a JSON object"),
        ("--vars", "{", "error: <stdin> is not JSON: "),
        ("--documents", "{}", "error: <stdin> is not a JSON list of documents"),
        ("--documents", "[1]", "error: <stdin> must be a list of objects"),
        ("--vars", "\udcff", "error: <stdin> is not JSON: "),
    ],
)
def test_files_that_are_not_what_they_should_be_are_refused(
    desk: Desk, option: str, text: str, message: str
) -> None:
    ran = promptctl(desk.path, desk.clone.environ, "render", "tips", option, "-", stdin=text)
    assert ran.code == 2
    assert ran.stderr.startswith(message)


def test_a_context_given_twice_is_refused(desk: Desk) -> None:
    ran = desk.run("render", "tips", "--var", "context=x", "--documents", "-", stdin="[]")
    assert (ran.code, ran.stderr.splitlines()[0]) == (2, "error: the context is given twice")


def test_findings_stop_a_render_as_they_would_stop_a_release(tmp_path: Path) -> None:
    desk = make_desk(
        tmp_path, {**FILES, "prompts/greeting.md": GREETING.replace("{{ guest }}", "{{ gest }}")}
    )
    ran = desk.run("render", "greeting", "--var", "guest=Ada")
    assert ran.code == 1
    assert ran.stderr == (
        "error: prompts/greeting.md:19:4: `gest` is not a declared input\n hint: did you mean guest?\n"
    )


def test_a_prompt_that_no_suite_judges_yet_is_rendered(tmp_path: Path) -> None:
    gates = "gates: {evals: {margin: 0.2}}"
    pipeline = f"environments:\n  - {{name: dev}}\n  - {{name: prod, after: dev, {gates}}}\n"
    unjudged = {path: content for path, content in FILES.items() if not path.startswith("evals/")}
    desk = make_desk(tmp_path, {**unjudged, "promptctl.yaml": pipeline})
    assert "PC109" in desk.run("validate", "prompts/greeting.md").stdout
    assert "Ada" in desk.ok("render", "greeting", "--var", "guest=Ada")


def test_values_cannot_write_to_the_terminal(desk: Desk) -> None:
    printed = desk.ok("render", "greeting", "--var", "guest=\x1b[2J\u202ea")
    assert "\x1b" not in printed
    assert "\u202e" not in printed


@pytest.mark.parametrize("option", ["--vars", "--documents"])
def test_a_file_without_end_is_refused(option: str, desk: Desk) -> None:
    ran = desk.run("render", "tips", option, "/dev/zero")
    assert ran.code == 2
    assert "error: /dev/zero is larger than 4 MiB" in ran.stderr
