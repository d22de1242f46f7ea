from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk, masked, promptctl
from helpers.repositories import Clone, hermetic_environ

RELEASE = """\
prompts/greeting 1.0.0
Greets a guest by name.

digest   sha256:…
source   <id>
released <time> by ada@acme.example (unverified)
notes    opening day
serves   prod
metadata owner front-desk
model    local/smollm2-135m-instruct, maxOutputTokens 20, temperature 0
inputs   guest   string, required
         nights  integer, default 1
         tone    string, default warm, one of warm, plain

system
  │ You work at the front desk of a small hotel.
  │ Be {{ tone }}.

user
  │ {{ guest }} stays {{ nights }} nights.
"""
FILE = """\
prompts/greeting
Greets a guest by name.

file     prompts/greeting.md
digest   sha256:…
release  the same as 1.1.0
serves   dev (1.1.0), prod (1.0.0)
"""
TIPS = """\
uses     context_templates/places
         guardrails/house
         rag_configs/city

system
  │ Only recommend these:
  │ {{ context }}

… the messages of history

user
  │ {{ question }}
"""
GUARDRAIL = """\
guardrails/house
What is never said.

file     guardrails/house.yaml
digest   sha256:…

output:
  - type: banned_topics
    action: refuse
    topics:
      - id: rivals
        phrases: ["cheaper, elsewhere", other hotel]
    enforce: runtime
egress:
  default: deny
on_detector_error: block
"""
SUITE = """\
evals/greeting
Names the guest.

file     evals/greeting.yaml

target: prompts/greeting
dataset: datasets/guests
min_score: 0.5
assert:
  - type: icontains
    value: {{ vars.guest }}
"""


def test_a_release_is_shown_whole_with_who_made_it_and_where_it_serves(desk: Desk) -> None:
    assert masked(desk.ok("show", "greeting@1.0.0")) == RELEASE


def test_what_serves_an_environment_is_shown_as_that_release(desk: Desk) -> None:
    assert desk.ok("show", "greeting@prod") == desk.ok("show", "greeting@1.0.0")


def test_the_file_says_which_release_it_is_and_what_serves_instead(desk: Desk) -> None:
    assert masked(desk.ok("show", "greeting")).startswith(FILE)


def test_a_prompt_names_everything_it_uses_and_the_place_of_a_thread(desk: Desk) -> None:
    assert desk.ok("show", "prompts/tips").endswith(TIPS)


def test_a_policy_shows_the_defaults_that_hold_without_being_written(desk: Desk) -> None:
    assert masked(desk.ok("show", "guardrails/house")) == GUARDRAIL


def test_what_is_no_behaviour_is_shown_as_its_file_says_it(desk: Desk) -> None:
    assert desk.ok("show", "evals/greeting") == SUITE
    assert desk.ok("show", "partials/house").endswith("\n  │ You work at the front desk of a small hotel.\n")


def test_a_revision_is_read_from_its_commit(desk: Desk) -> None:
    first = desk.clone.git("rev-parse", "HEAD~1")
    shown = desk.ok("show", "greeting@git:HEAD~1")
    assert f"source   {first}\n" in shown
    assert "release  the same as 1.0.0\n" in shown


def test_json_of_a_release_has_frozen_keys_and_the_body_of_the_bundle(desk: Desk) -> None:
    shown = desk.run("show", "greeting@1.0.0", "-o", "json").json
    assert set(shown) == {
        *("schema", "address", "kind", "where", "path", "version", "digest", "source_commit", "release"),
        *("newest", "same_as", "serves", "damaged", "artifacts", "about", "body"),
    }
    assert shown["schema"] == "promptctl.show/v1"
    assert set(shown["release"]) == {"tag", "tag_object", "commit", "by", "at", "signed", "notes"}
    tag = "prompts/greeting/v1.0.0"
    assert shown["release"]["tag_object"] == desk.clone.git("rev-parse", tag)
    bundle = desk.clone.git("show", f"{tag}:bundle.json").encode()
    assert shown["digest"] == f"sha256:{hashlib.sha256(bundle).hexdigest()}"
    assert shown["body"] == json.loads(bundle)["artifacts"]["prompts/greeting"]
    assert shown["serves"] == {"prod": "1.0.0"}
    assert shown["about"]["description"] == "Greets a guest by name."


def test_lines_too_wide_go_on_behind_another_bar_so_that_real_line_ends_are_seen(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    Clone(tmp_path, environ).write({**FILES, "partials/house.md": "word " * 40 + "\nend\n"})
    wide, narrow = (promptctl(tmp_path, environ, "show", "partials/house", columns=at) for at in (300, 60))
    assert wide.stdout.count("┆") == 0
    assert narrow.stdout.count("┆") == 3
    assert max(map(len, narrow.stdout.splitlines())) <= 60
    assert narrow.stdout.endswith("  │ end\n")


@pytest.mark.parametrize(
    ("ref", "error"),
    [
        ("city", "error: there is no prompts/city\n hint: did you mean rag_configs/city?\n"),
        ("greting", "error: there is no prompts/greting\n hint: did you mean prompts/greeting?\n"),
        (
            "greeting@2.0.0",
            (
                "error: there is no release prompts/greeting 2.0.0 (tag refs/tags/prompts/greeting/v2.0.0)\n"
                " hint: newest releases: 1.1.0, 1.0.0\n"
            ),
        ),
        ("greeting@prdo", "error: there is no environment 'prdo'\n hint: did you mean prod?\n"),
        (
            "tips@prod",
            "error: prompts/tips does not serve in prod\n hint: promptctl promote tips --to prod\n",
        ),
        ("tisp@prod", "error: prompts/tisp does not serve in prod\n hint: did you mean prompts/tips?\n"),
        (
            "guardrails/house@prod",
            (
                "error: guardrails/house is not released on its own\n"
                " hint: name the file: guardrails/house, or guardrails/house@git:REV\n"
            ),
        ),
        ("greeting@git:nowhere", "error: nowhere is no commit of this repository\n hint: git log\n"),
        ("@prod", "error: @prod is a whole environment\n hint: promptctl status shows environments\n"),
        (
            "prompts/../x",
            "error: 'prompts/../x' is not an address\n hint: addresses look like prompts/support-answer\n",
        ),
    ],
)
def test_what_is_not_there_is_refused_with_what_may_be_meant(desk: Desk, ref: str, error: str) -> None:
    ran = desk.run("show", ref)
    assert (ran.code, ran.stdout, ran.stderr) == (2, "", error)


def test_a_file_with_findings_is_refused_with_the_first_of_them(tmp_path: Path) -> None:
    desk = make_desk(
        tmp_path, {**FILES, "prompts/greeting.md": GREETING.replace("kind: integer", "kind: int")}
    )
    ran = desk.run("show", "greeting")
    assert ran.code == 1
    assert ran.stderr.startswith("error: prompts/greeting.md:11:12: `inputs.nights.kind` must be ")


def test_a_bundle_that_is_not_the_released_one_is_refused(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.ok("release", "greeting")
    desk.ok("promote", "greeting", "--to", "dev")
    git, tag = desk.clone.git, "prompts/greeting/v1.0.0"
    blob = git("hash-object", "-w", "--stdin", stdin=b"{}")
    entries = git("ls-tree", tag).replace(git("rev-parse", f"{tag}:bundle.json"), blob)
    commit = git("cat-file", "commit", f"{tag}^{{commit}}").replace(
        git("rev-parse", f"{tag}^{{tree}}"), git("mktree", stdin=entries.encode() + b"\n")
    )
    forged = git("hash-object", "-t", "commit", "-w", "--stdin", stdin=commit.encode() + b"\n")
    body = git("cat-file", "tag", tag).replace(git("rev-parse", f"{tag}^{{commit}}"), forged)
    moved = git("hash-object", "-t", "tag", "-w", "--stdin", stdin=body.encode() + b"\n")
    git("update-ref", f"refs/tags/{tag}", moved)
    ran = desk.run("show", "greeting@1.0.0")
    assert ran.code == 4
    assert "error: the bundle's bytes have the digest sha256:" in ran.stderr
    assert desk.run("show", "greeting@dev", "-o", "json").json["digest"].startswith("sha256:")


def test_a_bare_repository_shows_what_is_released_and_what_serves(desk: Desk, tmp_path: Path) -> None:
    desk.clone.git("clone", "--quiet", "--mirror", ".", str(tmp_path / "bare.git"))
    bare = Desk(Clone(tmp_path / "bare.git", desk.clone.environ))
    bare.clone.git("remote", "remove", "origin")
    assert bare.ok("show", "greeting@prod") == desk.ok("show", "greeting@prod")
    ran = bare.run("show", "greeting")
    assert (ran.code, ran.stderr.splitlines()[0]) == (
        2,
        "error: . is in no registry: no promptctl.yaml here or above",
    )
