"""What is compared with what, and what is not even read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers.environments import Remote, bundle_of, lock_of, pin_of, prompt_body
from helpers.shop import SHOP, local_shop, ok

from promptctl.core.names import Ref
from promptctl.errors import StoppedError, UsageError
from promptctl.services.diff import Comparison, diff
from promptctl.services.resolve import Workspace

SUITE = "target: prompts/hello\ndataset: golden\nmin_score: 0.7\nassert: [{type: contains, value: hello}]\n"
CASES = '{"id": "a", "vars": {"name": "Ada"}}\n{"id": "b", "vars": {"name": "Bo"}}\n'
FILES: Mapping[str, str] = {**SHOP, "evals/hello.yaml": SUITE, "datasets/golden.jsonl": CASES}


def compared(path: Path, environ: Mapping[str, str], before: str, after: str) -> Comparison:
    with Workspace(path, environ, note=lambda _: None) as workspace:
        return diff(workspace, Ref.parse(before), Ref.parse(after))


def test_of_five_thousand_pins_only_those_that_differ_are_read(tmp_path: Path) -> None:
    remote = Remote(tmp_path)
    git = remote.repository.git
    contents = [bundle_of(prompt_body(text)) for text in ("Answer {{ question }}", "Reply to {{ question }}")]
    for environment, content in zip(("dev", "prod"), contents, strict=True):
        pins: dict[str, Any] = {
            f"prompts/p{number:04}": pin_of(b"not there", "1.0.0", f"prompts/p{number:04}")
            for number in range(5_000)
        }
        blob = git("hash-object", "-w", "--stdin", stdin=content)
        tree = git("mktree", stdin=f"100644 blob {blob}\tbundle.json\n".encode())
        pins["prompts/support-answer"] = {**pin_of(content, "1.0.0"), "tree": tree}
        remote.write({"lock.json": lock_of(pins, 1, environment)}, environment)
    found = compared(remote.path, remote.repository.environ, "@dev", "@prod")
    outcomes = [each.outcome for each in found.compared]
    assert (outcomes.count("same"), outcomes.count("differs")) == (5_000, 1)
    (differs,) = [each for each in found.compared if each.outcome == "differs"]
    assert [each.what for each in differs.difference.changes] == ["the system message reads differently"]


def test_two_versions_a_version_and_files_and_two_commits_are_compared_alike(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, FILES)
    ok(clone, "release", "hello")
    clone.commit({"prompts/hello.md": FILES["prompts/hello.md"].replace("Greet", "Welcome")}, "welcome")
    ok(clone, "release", "hello")
    pairs = [("hello@1.0.0", "hello@1.1.0"), ("hello@1.0.0", "hello"), ("hello@git:HEAD~1", "hello@git:HEAD")]
    found = [compared(clone.path, clone.environ, *each).compared[0].difference for each in pairs]
    assert found[0] == found[1] == found[2]
    assert found[0].bump == "minor"


def test_a_prompt_in_files_brings_the_suites_that_judge_it(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, FILES)
    clone.write({"datasets/golden.jsonl": CASES.splitlines()[0] + "\n"})
    found = compared(clone.path, clone.environ, "hello@git:HEAD", "hello")
    assert found.compared[0].outcome == "same"
    (suite,) = found.suites
    assert (suite.address, suite.outcome) == ("evals/hello", "differs")
    assert [each.what for each in suite.difference.loosened] == ["the case b is gone"]
    assert compared(clone.path, clone.environ, "answer@git:HEAD", "answer").suites == ()


def test_a_suite_that_turns_to_another_prompt_is_said_of_both(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, FILES)
    clone.write({"evals/hello.yaml": SUITE.replace("prompts/hello", "prompts/answer")})
    for name in ("hello", "answer"):
        (suite,) = compared(clone.path, clone.environ, f"{name}@git:HEAD", name).suites
        (change,) = suite.difference.loosened
        assert change.what == "it judges prompts/answer in place of prompts/hello"


@pytest.mark.parametrize("gone", ["hello@git:HEAD", "hello"])
def test_a_suite_on_one_side_only_is_named(tmp_path: Path, gone: str) -> None:
    clone = local_shop(tmp_path, FILES)
    (clone.path / "evals/hello.yaml").unlink()
    sides = ("hello@git:HEAD", "hello") if gone == "hello" else ("hello", "hello@git:HEAD")
    (suite,) = compared(clone.path, clone.environ, *sides).suites
    assert suite.outcome == ("only-before" if gone == "hello" else "only-after")
    assert bool(suite.difference.loosened) == (gone == "hello")


def test_a_broken_suite_is_said_and_hides_no_change_of_the_prompt(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, FILES)
    clone.write({"evals/hello.yaml": "target: [\n", "prompts/hello.md": SHOP["prompts/hello.md"] + "More.\n"})
    found = compared(clone.path, clone.environ, "hello@git:HEAD", "hello")
    assert found.compared[0].outcome == "differs"
    assert "evals/hello.yaml" in found.suites_problem


@pytest.mark.parametrize("address", ["evals/hello", "datasets/golden"])
def test_a_suite_or_dataset_is_compared_on_its_own(tmp_path: Path, address: str) -> None:
    clone = local_shop(tmp_path, FILES)
    assert compared(clone.path, clone.environ, f"{address}@git:HEAD", address).compared[0].outcome == "same"
    clone.write({"datasets/golden.jsonl": CASES.replace("Bo", "Bea")})
    (only,) = compared(clone.path, clone.environ, f"{address}@git:HEAD", address).compared
    assert [each.what for each in only.difference.changes] == ["case b: vars.name: Bo → Bea"]
    assert only.difference.bump is None
    with pytest.raises(UsageError):
        compared(clone.path, clone.environ, f"{address}@1.0.0", address)


def test_other_vectors_in_the_same_collection_are_refused_by_name(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, FILES)
    path = "index_manifests/help.yaml"
    clone.write({path: SHOP[path].replace("metric: cosine", "metric: dot")})
    (only,) = compared(clone.path, clone.environ, "answer@git:HEAD", "answer").compared
    assert [(each.code, each.path, each.line) for each in only.refused] == [("PC160", path, 3)]


GATED = "environments: [{name: dev}, {name: prod, after: dev, gates: {soak: 2h}}]\n"
LOOSER = GATED.replace("2h", "1h")


def test_a_prompt_in_files_brings_the_pipeline_where_it_differs(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, {**FILES, "promptctl.yaml": GATED})
    assert compared(clone.path, clone.environ, "hello@git:HEAD", "hello").pipeline is None
    clone.write({"promptctl.yaml": LOOSER})
    found = compared(clone.path, clone.environ, "hello@git:HEAD", "hello")
    assert found.pipeline is not None
    (change,) = found.pipeline.difference.changes
    assert (change.mark, change.what) == ("LOOSENS POLICY", "prod: soak: 1h (2h before)")


def test_the_pipeline_is_compared_by_its_own_name(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, {**FILES, "promptctl.yaml": GATED})
    before, after = "promptctl.yaml@git:HEAD", "promptctl.yaml"
    same = compared(clone.path, clone.environ, before, after)
    assert [(each.address, each.outcome) for each in same.compared] == [("promptctl.yaml", "same")]
    clone.write({"promptctl.yaml": LOOSER})
    found = compared(clone.path, clone.environ, before, after)
    assert (found.before, found.after) == (before, after)
    assert [each.what for each in found.compared[0].difference.loosened] == ["prod: soak: 1h (2h before)"]


def test_a_pipeline_with_findings_is_not_taken_for_one_without_gates(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, {**FILES, "promptctl.yaml": GATED})
    clone.write({"promptctl.yaml": GATED.replace("2h", "soon")})
    found = compared(clone.path, clone.environ, "hello@git:HEAD", "hello")
    assert found.pipeline is None
    assert "`soak` is no duration: 'soon'" in found.pipeline_problem
    with pytest.raises(StoppedError, match=r"work tree: promptctl\.yaml:1:.* is no duration"):
        compared(clone.path, clone.environ, "promptctl.yaml@git:HEAD", "promptctl.yaml")


def test_what_is_neither_released_nor_of_one_kind_is_refused(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, FILES)
    with pytest.raises(UsageError, match=r"^promptctl\.yaml is not released"):
        compared(clone.path, clone.environ, "promptctl.yaml@prod", "promptctl.yaml")
    with pytest.raises(UsageError, match="are not of one kind"):
        compared(clone.path, clone.environ, "promptctl.yaml@git:HEAD", "hello")
