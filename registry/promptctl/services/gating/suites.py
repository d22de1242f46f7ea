"""The suites that judge: those of the default branch, never of a work tree."""

from __future__ import annotations

from promptctl.core.names import FOLDERS
from promptctl.model.registry import Registry
from promptctl.services.pipeline import default_head
from promptctl.store import files
from promptctl.store.registry import read as read_registry
from promptctl.store.repository import Repository


def default_suites(repository: Repository) -> Registry:
    """Return the suites and datasets of the default branch, as last fetched."""
    return read_suites(repository, default_head(repository))


def read_suites(repository: Repository, commit: str) -> Registry:
    """Return the suites and datasets of a commit.

    Of prompts it has the paths alone, so that suites lead somewhere: their text decides no score.
    """
    judging = [FOLDERS["eval_suite"], FOLDERS["dataset"]]
    found = files.from_tree(repository.objects, commit, folders=judging, names_only=[FOLDERS["prompt"]])
    return read_registry(found)
