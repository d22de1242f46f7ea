"""Damaged files, one after another, through all that reads files: a process of its own, watched.

    python -m helpers.bad_input bytes|grammar|bombs SEED COUNT

prints a line of JSON for every mutant: what came of it, and what is wrong about that. A run with the same
seed tries the same mutants.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from helpers.bombs import BOMBS, PIPELINE
from helpers.mutants import Mutant, byte_mutant, grammar_mutants
from helpers.registries import source
from helpers.soak import IS_SOAK
from hypothesis import HealthCheck, Phase, given, seed, settings

from promptctl.cli.context import Context
from promptctl.cli.output.caret import Lines
from promptctl.cli.output.findings import findings_json, show_annotations
from promptctl.cli.output.sarif import sarif_log
from promptctl.core import bundle
from promptctl.core.limits import LOAD
from promptctl.core.rendering import tried
from promptctl.errors import PromptctlError
from promptctl.model.bundle import build
from promptctl.model.difference.compare import compare
from promptctl.model.difference.suites import compare_suites, judged
from promptctl.model.findings import Finding
from promptctl.model.registry import Registry
from promptctl.services import formatting
from promptctl.services.validate import Report, validate_source
from promptctl.store.files import SourceFile
from promptctl.store.objects import object_id
from promptctl.store.registry import read

CPU_S = 2.0 if IS_SOAK else 6.0
"""The goal is two seconds, and the long run holds to it; a busy machine may take three times as long."""
MEMORY_MIB = 256
_PATIENCE_S = 20
"""Of processor time, after which a mutant is given up, with the place where the time went."""
_ADDRESS_SPACE_BYTES = 2 * 1024**3
_OF_WHOLE_FILES = ("PC005", "PC006", "PC007", "PC008", "PC009", "PC010", "PC011", "PC113")
"""What is wrong with a file before a line of it is read."""
_CONTROLS = frozenset(map(chr, (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F))))


@dataclass
class Outcome:
    """What came of one mutant. `slowest` is the step that took the most processor time."""

    seed: int
    number: int
    how: str
    path: str
    codes: list[str] = field(default_factory=list)
    is_refused: bool = False
    is_loaded: bool = False
    cpu_s: float = 0.0
    slowest: str = ""
    peak_mib: float = 0.0
    problems: list[str] = field(default_factory=list)


class Files:
    """Files in memory, as validate reads those of a work tree."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {path: _file(path, data) for path, data in sorted(files.items())}

    def states(self) -> dict[str, str]:
        return {path: f"{each.mode:06o} {object_id('blob', each.data)}" for path, each in self._files.items()}

    def load(self, paths: Iterable[str]) -> list[SourceFile]:
        return [self._files[path] for path in paths]


def _file(path: str, data: bytes) -> SourceFile:
    return source(path, data)


def try_out(mutant: Mutant, outcome: Outcome) -> None:
    """Take one mutant through validate, its outputs, fmt, bundles, their diff and the checks of runtimes."""
    _forget_peak()

    def step(name: str, act: Callable[[], Any]) -> Any:
        begin = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, _PATIENCE_S)
        try:
            return act()
        except PromptctlError as error:
            if name in ("validate", "print", "fmt"):
                outcome.problems.append(f"{name} is refused: {error}")
        except Exception:  # noqa: BLE001 - anything that escapes is what is looked for
            outcome.problems.append(f"{name}: {traceback.format_exc(limit=-4)}")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            took_s = time.process_time() - begin
            if took_s > outcome.cpu_s:
                outcome.cpu_s, outcome.slowest = took_s, name
        return None

    report = step("validate", lambda: validate_source(Files(mutant.files)))
    if report is not None:
        outcome.codes = sorted({each.code for each in report.findings})
        outcome.is_refused = any(
            each.path == mutant.path and each.severity == "error" for each in report.findings
        )
        outcome.problems += [
            problem for each in report.findings for problem in _misplaced(each, mutant.files)
        ]
        step("print", lambda: outcome.problems.extend(_unprintable(report, mutant.files)))
    files = [_file(path, data) for path, data in mutant.files.items()]
    step("fmt", lambda: formatting.plan(files))
    registry = step("read", lambda: read(files))
    if report is not None and registry is not None:
        stopped = {each.path for each in report.findings if each.severity == "error"}
        _release(mutant, registry, stopped, outcome, step)
    outcome.peak_mib = _peak_mib()
    if outcome.cpu_s > CPU_S:
        outcome.problems.append(f"{outcome.slowest} took {outcome.cpu_s:.1f} s")
    if outcome.peak_mib > MEMORY_MIB:
        outcome.problems.append(f"{outcome.peak_mib:.0f} MiB")


def _release(
    mutant: Mutant, registry: Registry, stopped: set[str], outcome: Outcome, step: Callable[..., Any]
) -> None:
    """What validate lets through, a runtime must load; whatever can be compared, is."""
    before = read([_file(path, data) for path, data in mutant.original.items()])
    for artifact in registry.artifacts.values():
        if artifact.kind == "prompt":
            paths = {registry.paths[each] for each in registry.closure(artifact.address)}
            if mutant.path not in paths:
                continue
            after = step("build", lambda address=artifact.address: _bundle(registry, address))
            if not stopped & paths:
                outcome.is_loaded = (
                    step("load", lambda found=after: _load(found, outcome)) or outcome.is_loaded
                )
            old = step("build", lambda address=artifact.address: _bundle(before, address))
            if old is not None and after is not None:
                step("diff", lambda pair=(old, after): compare(*pair))
        elif artifact.path == mutant.path and artifact.kind in ("eval_suite", "dataset"):
            new = step("judged", lambda address=artifact.address: judged(registry, address))
            old = step("judged", lambda address=artifact.address: judged(before, address))
            if new is not None and old is not None:
                step("diff", lambda pair=(old, new): compare_suites(*pair))


def _bundle(registry: Registry, address: str) -> bundle.Bundle:
    built = build(registry, address)
    return bundle.parse(built.content, digest=built.digest)


def _load(found: bundle.Bundle | None, outcome: Outcome) -> bool:
    if found is None:
        outcome.problems.append("validate finds nothing wrong, and no bundle can be made")
        return False
    try:
        tried(found, LOAD)
    except PromptctlError as error:
        outcome.problems.append(f"validate finds nothing wrong, and a runtime refuses it: {error}")
        return False
    return True


def _misplaced(finding: Finding, files: Mapping[str, bytes]) -> Iterator[str]:
    """Say what is wrong about the place of a finding."""
    where = f"{finding.code} at {finding.where}"
    if not finding.message:
        yield f"{where} says nothing"
    if finding.code in _OF_WHOLE_FILES or finding.path not in files:
        if finding.path not in files and finding.code != "PC113":
            yield f"{where}: there is no such file"
        return
    lines = files[finding.path].split(b"\n")
    if not 1 <= finding.line <= len(lines):
        yield f"{where}: the file has {len(lines)} lines"
    elif not 1 <= finding.column <= len(lines[finding.line - 1].decode("utf-8", "replace")) + 1:
        yield f"{where}: the line has {len(lines[finding.line - 1])} bytes"


def _unprintable(report: Report, files: Mapping[str, bytes]) -> Iterator[str]:
    """Print the findings in every format; say where something of the file would be obeyed."""
    lines = Lines(files)
    json.dumps(findings_json(report))
    json.dumps(sarif_log(report, lines, "0")[0]).encode()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        show_annotations(Context(), report, lines)
    text = printed.getvalue()
    text.encode()
    if _CONTROLS.intersection(text):
        yield f"control characters are printed: {sorted(_CONTROLS.intersection(text))}"


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mib() -> float:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class _TakesTooLongError(Exception):
    """Raised into whatever is running."""


def _give_up(number: int, frame: FrameType | None) -> None:
    raise _TakesTooLongError


def _bomb(name: str, made: Mapping[str, str | bytes]) -> Mutant:
    pipeline = {"promptctl.yaml": PIPELINE.encode()}
    files = {path: text if isinstance(text, bytes) else text.encode() for path, text in made.items()}
    return Mutant(next(iter(made)), name, pipeline | files, pipeline)


def _mutants(sort: str, first: int, count: int, act: Callable[[int, int, Mutant], None]) -> None:
    if sort == "bytes":
        for number in range(first, first + count):
            act(number, 0, byte_mutant(number))
        return
    if sort == "bombs":
        for number, (name, (make, _)) in enumerate(BOMBS.items()):
            if "100 MB" not in name:  # what is too large is never given to a reader
                act(first, number, _bomb(name, make()))
        return
    numbers = iter(range(count))

    @seed(first)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(grammar_mutants())
    def each(mutant: Mutant) -> None:
        act(first, next(numbers), mutant)

    each()


def main(sort: str, first: int, count: int) -> None:
    """Try mutants, and print what came of each."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE_BYTES, _ADDRESS_SPACE_BYTES))
    signal.signal(signal.SIGPROF, _give_up)
    keep = os.environ.get("PROMPTCTL_KEEP_MUTANTS")

    def act(at: int, number: int, mutant: Mutant) -> None:
        outcome = Outcome(at, number, mutant.how, mutant.path)
        try_out(mutant, outcome)
        if outcome.problems and keep:
            Path(keep, f"{sort}-{at}-{number}-{Path(mutant.path).name}").write_bytes(
                mutant.files[mutant.path]
            )
        sys.stdout.write(f"{json.dumps(asdict(outcome))}\n")
        sys.stdout.flush()

    _mutants(sort, first, count, act)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
