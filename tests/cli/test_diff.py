from __future__ import annotations

from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk, make_desk_with_remote

BROKEN_CONTRACT = GREETING.replace("  guest:", "  room:   {kind: integer, required: true}\n  guest:").replace(
    "stays {{ nights }} nights", "stays in {{ room }} for {{ nights }} nights"
)
WHOLE = """\
greeting  1.0.0 → work tree
  contract
    major  the input room is new and must be given (integer)
  text
    the system message reads differently
        You work at the front desk of a hotel with a very long name, the …
      ~ Be {+as +}{{ tone }}{+ as you can be at four o'clock in the morning, and
      ┆ a little more+}.
    the user message reads differently
      ~ {{ guest }} stays {+in {{ room }} for +}{{ nights }} nights.
  implied bump: major (1.0.0 → 2.0.0), because the input room is new and must be
    given (integer)
"""
LONG_HOUSE = {
    "partials/house.md": "You work at the front desk of a hotel with a very long name,"
    " the Grand Hotel of the Northern Lakes.\n"
}


def test_a_change_says_its_meaning_its_lines_and_the_version_it_would_get(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {**FILES, **LONG_HOUSE})
    desk.ok("release", "greeting")
    tone = BROKEN_CONTRACT.replace(
        "Be {{ tone }}", "Be as {{ tone }} as you can be at four o'clock in the morning, and a little more"
    )
    desk.clone.write({"prompts/greeting.md": tone})
    assert desk.ok("diff", "greeting@1.0.0", "greeting") == WHOLE


def test_two_environments_are_compared_address_by_address(desk: Desk) -> None:
    assert desk.ok("diff", "@prod", "@dev") == (
        "greeting  prod (1.0.0) → dev (1.1.0)\n"
        "  text\n"
        "    the system message reads differently\n"
        "        You work at the front desk of a small hotel.\n"
        "      ~ Be {+short and +}{{ tone }}.\n"
    )


def test_what_serves_in_one_environment_only_is_said_and_the_rest_is_counted(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.ok("release", "greeting", "tips")
    desk.ok("promote", "greeting", "tips", "--to", "dev")
    assert desk.ok("diff", "@dev", "@prod") == "greeting  1.0.0 only in @dev\n\ntips  1.0.0 only in @dev\n"
    desk.ok("promote", "greeting", "--to", "prod")
    assert desk.ok("diff", "@prod", "@dev") == "tips  1.0.0 only in @dev\n\n1 more serves the same in both\n"
    desk.ok("promote", "tips", "--to", "prod")
    assert desk.ok("diff", "@prod", "@dev") == "@prod and @dev: the same behaviour\n"


def test_json_has_frozen_keys(desk: Desk) -> None:
    found = desk.run("diff", "greeting@1.0.0", "greeting@dev", "-o", "json").json
    assert set(found) == {
        *("schema", "before", "after", "artifacts", "suites", "suites_problem"),
        *("pipeline", "pipeline_problem"),
    }
    assert found["schema"] == "promptctl.diff/v1"
    (only,) = found["artifacts"]
    keys = {"address", "outcome", "before", "after", "bump", "changes", "reasons", "loosens", "refused"}
    assert set(only) == keys
    assert (only["outcome"], only["bump"]) == ("differs", "minor")
    assert set(only["before"]) == {"address", "where", "version", "digest"}
    assert only["changes"] == [
        {
            "part": "behaviour",
            "section": "text",
            "bump": "minor",
            "where": "prompts/greeting: messages.0.text",
            "what": "the system message reads differently",
            "loosens": False,
            "text": [
                " You work at the front desk of a small hotel.",
                "-Be {{ tone }}.",
                "+Be short and {{ tone }}.",
            ],
            "words": [
                [" ", "You work at the front desk of a small hotel.\nBe "],
                ["+", "short and "],
                [" ", "{{ tone }}."],
            ],
        }
    ]
    environments = desk.run("diff", "@prod", "@dev", "-o", "json").json
    assert environments["artifacts"][0]["changes"] == only["changes"]


def test_equal_behaviour_is_said_whatever_the_files_look_like(desk: Desk) -> None:
    printed = desk.ok("diff", "greeting@dev", "greeting@git:HEAD")
    assert printed == "prompts/greeting@dev and prompts/greeting@git:HEAD: the same behaviour\n"


def test_settings_are_compared_field_by_field(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.clone.write({"rag_configs/city.yaml": "retrieval: {top_k: 7}\n"})
    assert desk.ok("diff", "tips@git:HEAD", "tips") == (
        "tips  git:HEAD → work tree\n"
        "  settings\n"
        "    rag_configs/city\n"
        "      retrieval.top_k: 2 → 7\n"
        "  implied bump: minor, because nothing in the contract breaks\n"
    )
    assert "retrieval.top_k: 2 → 7" in desk.ok("diff", "rag_configs/city@git:HEAD", "rag_configs/city")


def test_long_texts_show_the_lines_that_differ_and_two_round_them(tmp_path: Path) -> None:
    lines = [f"line {at}" for at in range(20)]
    desk = make_desk(tmp_path, {**FILES, "partials/house.md": "\n".join(lines) + "\n"})
    lines[3], lines[15] = "new 3", "new 15"
    desk.clone.write({"partials/house.md": "\n".join(lines) + "\n"})
    shown = desk.run("diff", "greeting@git:HEAD", "greeting", "-o", "json").json
    assert shown["artifacts"][0]["changes"][0]["text"] == [
        *(" line 1", " line 2", "-line 3", "+new 3", " line 4", " line 5", "…"),
        *(" line 13", " line 14", "-line 15", "+new 15", " line 16", " line 17"),
    ]


def test_other_peoples_text_is_neutralised(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.clone.write({"partials/house.md": "::error::x \x9b2J\x7f\n"})
    ran = desk.run("diff", "greeting@git:HEAD", "greeting")
    assert not set(ran.stdout) & set("\x9b\x7f")


def test_a_release_that_is_only_on_the_remote_is_fetched(tmp_path: Path) -> None:
    desk, _ = make_desk_with_remote(tmp_path)
    desk.ok("release", "greeting")
    desk.ok("promote", "greeting", "--to", "dev")
    desk.clone.git("tag", "--delete", "prompts/greeting/v1.0.0")
    desk.clone.git("update-ref", "-d", "refs/remotes/origin/env/dev")
    assert "the same behaviour" in desk.ok("diff", "greeting@1.0.0", "greeting@dev")


@pytest.mark.parametrize(
    ("words", "first_line"),
    [
        (("@dev", "greeting"), "error: an environment is compared with an environment"),
        (("@dev", "@nowhere"), "error: there is no environment 'nowhere'"),
        (("partials/house", "partials/house"), "error: partials/house is no behaviour of its own"),
        (("evals/greeting@dev", "evals/greeting"), "error: evals/greeting is not released"),
        (("evals/greeting", "greeting"), "error: evals/greeting and prompts/greeting are not of one kind"),
        (("greeting",), "error: Missing argument 'REF'."),
    ],
)
def test_what_cannot_be_compared_is_refused(desk: Desk, words: tuple[str, ...], first_line: str) -> None:
    ran = desk.run("diff", *words)
    assert (ran.code, ran.stdout, ran.stderr.splitlines()[0]) == (2, "", first_line)


def test_outside_of_git_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    from helpers.cli import promptctl
    from helpers.repositories import Clone, hermetic_environ

    environ = hermetic_environ(tmp_path / "home")
    Clone(tmp_path, environ).write(FILES)
    ran = promptctl(tmp_path, environ, "diff", "greeting@dev", "greeting")
    assert ran.code == 2
    assert "is in no git repository" in ran.stderr


TOOLS = "tools:\n  - {name: book, access: read, limits: {per_minute: 5}}\n"
GUARDED = {
    **FILES,
    "prompts/tips.md": FILES["prompts/tips.md"].replace(
        "guardrails: [house]\n", "guardrails: [house]\n  tool_policies: [house]\n"
    ),
    "tool_policies/house.yaml": TOOLS,
}
LOOSENED = """\
tips  git:HEAD → work tree
  policies
    guardrails/house
      LOOSENS POLICY  the banned topic “cheaper, elsewhere” is no longer looked
        for in answers
    tool_policies/house
      LOOSENS POLICY  book may now write
      book is now held to 4 calls a minute (5 before)
  LOOSENS POLICY: 2 changes above allow more, or check less
  implied bump: minor, because nothing in the contract breaks
"""


def test_what_is_looser_is_marked_and_counted(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, GUARDED)
    desk.clone.write(
        {
            "tool_policies/house.yaml": TOOLS.replace("read", "write").replace("5", "4"),
            "guardrails/house.yaml": GUARDED["guardrails/house.yaml"].replace(', "cheaper, elsewhere"', ""),
        }
    )
    assert desk.ok("diff", "tips@git:HEAD", "tips") == LOOSENED
    (only,) = desk.run("diff", "tips@git:HEAD", "tips", "-o", "json").json["artifacts"]
    assert only["loosens"] is True
    assert [each["loosens"] for each in only["changes"]] == [True, True, False]


def test_a_release_says_what_it_loosens(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, GUARDED)
    desk.ok("release", "tips")
    desk.clone.commit({"tool_policies/house.yaml": TOOLS.replace("5", "60")}, "faster")
    printed = desk.ok("release", "tips", "--dry-run")
    assert "LOOSENS POLICY  book is now held to 60 calls a minute (5 before)" in printed
    assert "LOOSENS POLICY: 1 change above allows more, or checks less" in printed


def test_a_crowd_of_changes_hides_none_that_is_marked(tmp_path: Path) -> None:
    tools = "".join(f"  - {{name: t{number:03}, access: read, scopes: [a]}}\n" for number in range(80))
    desk = make_desk(tmp_path, {**GUARDED, "tool_policies/house.yaml": f"tools:\n{tools}"})
    desk.clone.write(
        {
            "tool_policies/house.yaml": f"tools:\n{tools.replace(', scopes: [a]', '')}".replace(
                "t079, access: read", "t079, access: write"
            )
        }
    )
    printed = desk.ok("diff", "tips@git:HEAD", "tips")
    assert "LOOSENS POLICY  t079 may now write" in printed
    assert "… and 40 more; -o json has them all" in printed


def test_a_suite_is_compared_alone_and_beside_its_prompt(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.clone.write({"evals/greeting.yaml": FILES["evals/greeting.yaml"].replace("0.5", "0.4")})
    suite = (
        "evals/greeting  git:HEAD → work tree\n"
        "  suite\n"
        "    LOOSENS SUITE  the least score that passes: 0.5 → 0.4\n"
        "  LOOSENS SUITE: 1 change above allows more, or checks less\n"
    )
    assert desk.ok("diff", "evals/greeting@git:HEAD", "evals/greeting") == suite
    assert desk.ok("diff", "greeting@git:HEAD", "greeting") == suite
    found = desk.run("diff", "greeting@git:HEAD", "greeting", "-o", "json").json
    (only,) = found["suites"]
    assert (only["address"], only["bump"], only["loosens"]) == ("evals/greeting", None, True)
    assert (
        desk.ok("diff", "evals/greeting", "evals/greeting") == "evals/greeting and evals/greeting: the same\n"
    )


def test_wide_characters_fit_the_screen(tmp_path: Path) -> None:
    from unicodedata import east_asian_width

    desk = make_desk(tmp_path, {**FILES, "partials/house.md": "你在一家小旅馆的前台工作。" * 9 + "\n"})
    changed = "你在一家小旅馆的前台工作。" * 4 + "请保持友好。" + "你在一家小旅馆的前台工作。" * 5
    desk.clone.write({"partials/house.md": changed + "\n"})
    printed = desk.ok("diff", "greeting@git:HEAD", "greeting")
    assert "{+请保持友好。+}" in printed.replace("\n      ┆ ", "")
    for line in printed.splitlines():
        assert sum(2 if east_asian_width(sign) in "WF" else 1 for sign in line) <= 80


def test_a_text_that_is_written_anew_fills_no_more_than_a_screen(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.clone.write({"partials/house.md": "".join(f"line {number}\n" for number in range(3000))})
    printed = desk.ok("diff", "greeting@git:HEAD", "greeting")
    assert len(printed.splitlines()) < 80
    assert "more lines; -o json has them all" in printed
