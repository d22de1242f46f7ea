"""The remote can be reached and says which branch is its default."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.names import ENVIRONMENTS
from promptctl.errors import IntegrityError, RefusedError, Unavailable
from promptctl.services.doctor.problem import Problem, Subject
from promptctl.services.pipeline import PIPELINE
from promptctl.store.refs import HEAD

NAME = "remote"


def check(subject: Subject) -> Iterator[Problem]:
    """Fetch as every command does, and look for the pipeline that decides."""
    repository = subject.repository
    refs = repository.refs
    if not refs.remote:
        yield Problem(
            NAME,
            "advice",
            "this repository has no remote",
            "what is released and promoted here, nobody else sees",
            "git remote add origin URL",
        )
    try:
        refs.fetch([HEAD, f"{ENVIRONMENTS}*"])
    except Unavailable as error:
        yield Problem(NAME, "error", error.message, "nothing can be released or promoted", error.hint)
    except IntegrityError as error:
        yield Problem(NAME, "error", error.message, "what was agreed on was rewritten", error.hint)
    except RefusedError as error:
        why = "the default branch decides gates and signers, and there is none"
        yield Problem(NAME, "error", error.message, why, error.hint)
    else:
        if repository.objects.read_many([f"{refs.where(HEAD)}:{PIPELINE}"], limit_bytes=0) == [None]:
            yield Problem(
                NAME,
                "error",
                f"the default branch has no {PIPELINE}",
                "it says which environments there are and what they ask",
                f"promptctl init, then commit {PIPELINE} and push it",
            )
