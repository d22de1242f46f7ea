from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.cli import Desk, Ran, make_desk

from promptctl.core.limits import PUBLISH
from promptctl.services.importing import imported as codes_of_an_import
from promptctl.services.importing.formats import FORMATS

GITHUB = """\
name: Greeter
model: openai/gpt-4o
modelParameters: {temperature: 0, effort: 1}
messages:
  - {role: user, content: "Greet {{guest}}."}
testData:
  - {guest: Ada, expected: Hello Ada}
evaluators:
  - {name: greets, string: {contains: "{{expected}}"}}
  - {name: similar, uses: github/similarity}
"""
WHOLE = """\
  + prompts/greeter.md
  + evals/greeter.yaml
  + datasets/greeter.jsonl

Not carried over as it was:
  ../theirs/greeter.prompt.yml:3:35: warning PC204 `modelParameters.effort` was
    left out
    → promptctl has no option of this name
  ../theirs/greeter.prompt.yml:10:6: warning PC207 the evaluator 'similar'
    (github/similarity) has no assertion here: it was left out
    → assert what an answer must hold: contains, regex, is-json … in
      evals/greeter.yaml

To do in the registry:
  prompts/greeter.md:4:3: warning PC152 promptctl.yaml has no provider 'github',
    so suites cannot ask it
    → add there: providers: {github: {base_url: "https://…/v1", api_key_env:
      GITHUB_API_KEY}}

1 file became: 1 prompt, 1 suite, 1 dataset

  promptctl validate
  promptctl eval greeter
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "theirs").mkdir()
    return make_desk(tmp_path, {"promptctl.yaml": "environments:\n  - name: dev\n"})


def give(desk: Desk, name: str, data: str | bytes) -> str:
    """Put a foreign file beside the registry; return its path as it is typed."""
    path = desk.path.parent / "theirs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return f"../theirs/{name}"


def here(desk: Desk) -> dict[str, bytes]:
    files = [each for each in desk.path.rglob("*") if each.is_file() and ".git" not in each.parts]
    return {each.relative_to(desk.path).as_posix(): each.read_bytes() for each in files}


def refused(desk: Desk, code: int, *words: str) -> Ran:
    """Run what is refused and changes nothing."""
    before = here(desk)
    ran = desk.run("import", *words)
    assert (ran.code, here(desk)) == (code, before), ran.stderr + ran.stdout
    return ran


def test_the_whole_output_fits_a_terminal_and_says_what_was_made_and_what_was_not(desk: Desk) -> None:
    path = give(desk, "greeter.prompt.yml", GITHUB)
    assert desk.run("import", "github", path, "--dry-run").stdout == (
        WHOLE.replace("became", "would become").partition("\n\n  promptctl validate")[0] + "\n"
    )
    assert set(here(desk)) == {"promptctl.yaml"}
    ran = desk.run("import", "github", path)
    assert (ran.code, ran.stdout, ran.stderr) == (0, WHOLE, "")
    assert all(len(line) <= 80 for line in WHOLE.splitlines())
    assert desk.ok("validate").endswith("4 files, 0 errors, 1 warning\n")
    assert desk.clone.git("status", "--porcelain").splitlines() == [
        "?? datasets/",
        "?? evals/",
        "?? prompts/",
    ]


@pytest.mark.parametrize("typed", ["../promptfooconfig.yaml", ".."])
def test_what_has_no_name_of_its_own_is_named_after_its_folder_however_that_is_typed(
    tmp_path: Path, typed: str
) -> None:
    (tmp_path / "greeters").mkdir()
    desk = make_desk(tmp_path / "greeters", {"promptctl.yaml": "environments:\n  - name: dev\n"})
    (tmp_path / "greeters/promptfooconfig.yaml").write_text("prompts: [Greet them.]\n")
    ran = desk.run("import", "promptfoo", typed, "--dry-run")
    assert "+ prompts/greeters" in ran.stdout, ran.stderr + ran.stdout


def test_json_has_frozen_keys(desk: Desk) -> None:
    path = give(desk, "greeter.prompt.yml", GITHUB)
    found = desk.run("import", "github", path, "-o", "json").json
    assert set(found) == {
        "schema", "dry_run", "sources", "written", "unchanged", "findings", "problems", "next",
    }  # fmt: skip
    assert (found["schema"], found["sources"], found["dry_run"]) == ("promptctl.import/v1", 1, False)
    assert found["written"] == ["prompts/greeter.md", "evals/greeter.yaml", "datasets/greeter.jsonl"]
    keys = {"code", "severity", "path", "line", "column", "message", "hint"}
    assert all(set(each) == keys for each in found["findings"] + found["problems"])
    again = desk.run("import", "github", path, "-o", "json").json
    assert (again["written"], again["unchanged"]) == ([], found["written"])


def test_a_folder_keeps_its_layout_and_names_that_had_to_change_are_said(desk: Desk) -> None:
    give(desk, "My Prompt.txt", "a")
    give(desk, "deep/er/b.MD", "b")
    give(desk, ".hidden.txt", "c")
    give(desk, "other.json", "d")
    ran = desk.run("import", "text", "../theirs", "--into", "old/ones")
    assert set(here(desk)) == {
        "promptctl.yaml",
        "prompts/old/ones/my-prompt.md",
        "prompts/old/ones/deep/er/b.md",
    }
    assert "My Prompt.txt: warning PC203 is called old/ones/my-prompt here" in " ".join(ran.stdout.split())
    assert "2 files became: 2 prompts" in ran.stdout


def test_the_only_file_may_be_given_a_name(desk: Desk) -> None:
    path = give(desk, "v1.txt", "a")
    desk.ok("import", "text", path, "--name", "judges/kindness")
    assert "prompts/judges/kindness.md" in here(desk)
    give(desk, "other.txt", "a")
    assert "--name names one file" in refused(desk, 2, "text", "../theirs", "--name", "x").stderr
    assert "'No Name' is not a name" in refused(desk, 2, "text", path, "--name", "No Name").stderr
    assert "is not a name" in refused(desk, 2, "text", path, "--into", "../out").stderr


def test_files_that_are_there_are_never_replaced_and_all_are_named(desk: Desk) -> None:
    for name in "abc":
        give(desk, f"{name}.txt", f"new {name}")
    desk.clone.write({"prompts/a.md": "mine\n", "prompts/b.prompty": "mine\n", "prompts/c/d.md": "mine\n"})
    ran = refused(desk, 4, "text", "../theirs")
    assert "prompts/a.md, prompts/b.prompty, prompts/c/d.md would be replaced" in ran.stderr
    assert "nothing was written" in ran.stderr
    desk.ok("import", "text", "../theirs", "--into", "new")


def test_two_files_that_would_become_one_are_refused_by_name(desk: Desk) -> None:
    give(desk, "a b.txt", "1")
    give(desk, "a-b.txt", "2")
    ran = refused(desk, 4, "text", "../theirs")
    assert "../theirs/a b.txt and ../theirs/a-b.txt would both become prompts/a-b.md" in ran.stderr


def test_what_cannot_be_read_is_named_and_the_rest_is_imported(desk: Desk) -> None:
    give(desk, "good.txt", "good")
    give(desk, "latin.txt", b"gr\xfc\xdfe")
    give(desk, "nul.txt", b"a\nb\0")
    give(desk, "large.txt", b"x" * (PUBLISH.file_size_bytes + 1))
    (desk.path.parent / "theirs/link.txt").symlink_to("/etc/passwd")
    (desk.path.parent / "theirs/linked").symlink_to("/etc")
    (desk.path.parent / "theirs" / os.fsdecode(b"\xff.txt")).write_bytes(b"a")
    os.mkfifo(desk.path.parent / "theirs/pipe.txt")
    ran = desk.run("import", "text", "../theirs", "-o", "json")
    assert ran.code == 1
    assert ran.json["written"] == ["prompts/good.md"]
    said = {each["path"].rpartition("/")[2]: each for each in ran.json["findings"]}
    assert set(said) == {
        "latin.txt", "nul.txt", "large.txt", "link.txt", "linked", "\ufffd.txt", "pipe.txt",
    }  # fmt: skip
    assert {each["code"] for each in said.values()} == {"PC201", "PC210"}
    assert said["nul.txt"]["line"] == 2
    assert "a symbolic link: it is not followed" in said["link.txt"]["message"]
    assert "would become prompts/large.md, which is refused" in said["large.txt"]["message"]


def test_byte_order_marks_and_line_ends_are_mended_and_that_is_said(desk: Desk) -> None:
    path = give(desk, "a.txt", b"\xef\xbb\xbfa\r\nb\r\n")
    ran = desk.run("import", "text", path, "-o", "json")
    assert [each["code"] for each in ran.json["findings"]] == ["PC202", "PC202"]
    assert here(desk)["prompts/a.md"] == b"---\n---\na\nb\n"


def test_the_same_thing_is_said_once_for_many_files(desk: Desk) -> None:
    for at in range(30):
        give(desk, f"p{at}.prompty", "---\nmodel: {id: m, connection: {kind: key}}\n---\nsystem:\nHi\n")
    ran = desk.run("import", "prompty", "../theirs")
    assert ran.stdout.count("PC204") == 1
    assert "(and in 29 more places)" in " ".join(ran.stdout.split())
    assert "  … and 22 more files; -o json has them all\n" in ran.stdout
    assert len(ran.stdout.splitlines()) < 22


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["githbu", "x"], "did you mean github?"),
        (["yaml", "x"], "known: "),
        (["text", "gone.txt"], "gone.txt does not exist"),
        (["prompty", "../theirs"], "../theirs has no files that end in .prompty"),
        (["csv", "x", "--columns", "a"], "names no two columns"),
        (["text", "x", "--columns", "a,b"], "--columns belongs to csv"),
    ],
)
def test_wrong_words_are_refused_with_what_would_be_right(desk: Desk, words: list[str], said: str) -> None:
    assert said in refused(desk, 2, *words).stderr


def test_help_lists_every_format(desk: Desk) -> None:
    printed = desk.ok("import", "--help")
    listed = printed.partition("FORMAT is one of:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == list(FORMATS)


def test_every_code_is_explained_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/import.md").read_text()
    codes = {value for name, value in vars(codes_of_an_import).items() if name.isupper()}
    assert {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| PC2")} == codes


def test_nothing_is_written_outside_of_a_registry(tmp_path: Path, desk: Desk) -> None:
    path = give(desk, "a.txt", "a")
    (tmp_path / "elsewhere").mkdir()
    ran = desk.run("-C", str(tmp_path / "elsewhere"), "import", "text", str(desk.path / path))
    assert ran.code == 2
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_reference_to_what_this_registry_has_not_is_to_be_mended_in_it(desk: Desk) -> None:
    path = give(desk, "a.prompty", "---\npromptctl: {guardrails: [house]}\n---\nsystem:\nHi\n")
    ran = desk.run("import", "prompty", path)
    todo = ran.stdout.partition("To do in the registry:\n")[2]
    assert (ran.code, "error PC052 there is no guardrails/house" in todo) == (0, True)


def test_patterns_of_a_configuration_find_files_on_the_disk(desk: Desk) -> None:
    for name in ("b", "a"):
        give(desk, f"prompts/{name}.txt", f"{name}\n")
    give(desk, "promptfooconfig.yaml", "prompts: ['file://prompts/*.txt']\n")
    desk.ok("import", "promptfoo", "../theirs/promptfooconfig.yaml", "--into", "x")
    assert {"prompts/x/theirs/a.md", "prompts/x/theirs/b.md"} <= set(here(desk))
