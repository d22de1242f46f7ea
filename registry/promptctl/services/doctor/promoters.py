"""Whether the gates hold, as far as a repository can know."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.errors import PromptctlError
from promptctl.services import status
from promptctl.services.adoption import way_out
from promptctl.services.doctor.problem import Problem, Subject

NAME = "gates"
_WHY = "gates run where somebody promotes: who may push env/* can step round them, and runtimes cannot tell"


def check(subject: Subject) -> Iterator[Problem]:
    """Say why `promptctl status` calls the gates advisory."""
    try:
        found = status.status(subject.repository, status.Asked(subject.now, offline=True))
    except PromptctlError:
        return  # another check says so
    if not found.promoters:
        fix = "promoters: [ci@example.com] in promptctl.yaml, and docs/how-to/protect.md"
        yield Problem(NAME, "advice", "promptctl.yaml names no promoters: gates are advisory", _WHY, fix)
        return
    if not found.heads:
        what = "nothing was promoted yet, so no promoter has signed anything: gates are advisory until then"
        fix = f"let one of {', '.join(found.promoters)} promote: promptctl promote NAME --to ENV"
        yield Problem(NAME, "advice", what, _WHY, fix)
    sequences = {each.environment: each.sequence for each in found.environments}
    for name in found.heads:
        signer, problem = found.signatures[name]
        if signer in found.promoters:
            continue
        unsound = f"has no signature that holds: {problem}" if problem else "is not signed"
        said = f"is signed by {signer}, no promoter" if signer else unsound
        fix = f"let one of {', '.join(found.promoters)} run {way_out(name, sequences.get(name))}"
        yield Problem(NAME, "warning", f"lock.json of env/{name} {said}", _WHY, fix)
