"""What stops a release is the same whether the registry was read whole or only where the release reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from helpers.cli import FILES
from helpers.registries import source
from helpers.shop import SHOP

from promptctl.core.names import is_releasable
from promptctl.services.closure import errors_of, read_closures
from promptctl.services.validate import validate
from promptctl.store.files import SourceFile, from_work_tree
from promptctl.store.registry import read

BAD = Path(__file__).parents[2] / "data" / "bad"
REPOSITORY = Path(__file__).parents[3]
GATED = "environments: [{name: dev, gates: {evals: {}}}]\n"
SUITE = "target: prompts/{}\ndataset: guests\nassert: [{{type: contains, value: x}}]\n"


@dataclass
class Files:
    """Files in memory that remember which were asked for."""

    made: Mapping[str, SourceFile]
    loaded: set[str] = field(default_factory=set)

    def states(self) -> dict[str, str]:
        return dict.fromkeys(self.made, "")

    def load(self, paths: Iterable[str]) -> list[SourceFile]:
        paths = list(paths)
        self.loaded |= set(paths)
        return [self.made[each] for each in paths]


def of(files: Mapping[str, str]) -> Files:
    return Files({path: source(path, content) for path, content in sorted(files.items())})


def agree(files: Files) -> int:
    """Compare both ways for every prompt alone and for all; return how many errors there were."""
    whole = read(files.load(files.states()))
    expected = [each for each in validate(whole).findings if each.severity == "error"]
    prompts = [each for each in whole.paths if is_releasable(each)]
    count = 0
    for addresses in [*([each] for each in prompts), prompts]:
        if not addresses:
            continue
        part = read_closures(files, addresses)
        paths = {whole.paths[each] for address in addresses for each in whole.closure(address)}
        assert paths == {part.paths[each] for address in addresses for each in part.closure(address)}
        found = errors_of(files, part, addresses)
        assert found == [each for each in expected if each.path in paths], addresses
        count += len(found)
    return count


@pytest.mark.parametrize("code", sorted(each.name for each in BAD.iterdir() if each.is_dir()))
def test_every_bad_registry_gives_the_same_errors_either_way(code: str) -> None:
    agree(Files({each.path: each for each in from_work_tree(BAD / code)}))


def test_good_registries_have_none_either_way() -> None:
    for files in (SHOP, FILES):
        assert agree(of(files)) == 0
    assert agree(Files({each.path: each for each in from_work_tree(REPOSITORY)})) == 0


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({}, 2),  # tips, which nothing judges: alone, and among all
        ({"evals/other.yaml": SUITE.format("tips")}, 0),
        ({"evals/tips.yaml": SUITE.format("greeting"), "evals/z.yaml": SUITE.format("tips")}, 0),
        ({"evals/greeting.yaml": SUITE.format("tips")}, 2),
        ({"evals/z.yaml": "target: [\n"}, 0),  # who knows what it judges
        ({"evals/greeting.yaml": "target: [\n"}, 0),
    ],
)
def test_a_prompt_without_a_suite_is_found_whatever_the_suites_are_called(
    changes: Mapping[str, str], errors: int
) -> None:
    assert agree(of({**FILES, "promptctl.yaml": GATED, **changes})) == errors


def test_manifests_of_one_collection_that_disagree_are_found_though_only_one_is_released() -> None:
    other = SHOP["index_manifests/help.yaml"].replace("dimensions: 256", "dimensions: 512")
    assert agree(of({**SHOP, "index_manifests/other.yaml": other})) > 0


def test_names_that_are_in_each_others_way_are_found() -> None:
    assert agree(of({**SHOP, "prompts/hello/more.md": SHOP["prompts/hello.md"]})) > 0
    assert agree(of({**SHOP, "prompts/hello.prompty": SHOP["prompts/hello.md"]})) == 0


def test_of_a_large_registry_only_what_is_reached_and_one_suite_is_read() -> None:
    more = {f"prompts/p{at}.md": SHOP["prompts/hello.md"] for at in range(50)}
    suites = {f"evals/p{at}.yaml": SUITE.format(f"p{at}") for at in range(50)}
    files = of({**FILES, **more, **suites, "promptctl.yaml": GATED})
    registry = read_closures(files, ["prompts/p7"])
    assert errors_of(files, registry, ["prompts/p7"]) == []
    assert files.loaded == {"prompts/p7.md", "promptctl.yaml", "evals/p7.yaml", "datasets/guests.jsonl"}
