"""A dataset writes a tag in one way: cases are picked and counted by it."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.document import shown
from promptctl.model.registry import Artifact, Registry


def _find(dataset: Artifact, _: Registry) -> Iterator[Problem]:
    """Yield one problem for each spelling but the first."""
    first: dict[str, str] = {}
    known: set[str] = set()
    for index, case in enumerate(dataset.value.cases):
        for tag in case.tags:
            if tag in known:
                continue
            known.add(tag)
            before = first.setdefault(_plain(tag), tag)
            if before != tag:
                message = (
                    f"case {shown(case.id)} has the tag {shown(tag)!r}, which others write {shown(before)!r}"
                )
                yield at(dataset, ("cases", index), message)


def _plain(tag: str) -> str:
    return "".join(each for each in tag.casefold() if each.isalnum()) or tag


RULE = Rule(
    "PC158",
    "a dataset writes a tag in one way",
    "write the tag as the others do",
    "warning",
    kinds=("dataset",),
    find=_find,
)
