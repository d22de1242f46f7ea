"""P5: `promptctl release` of one prompt on M with a local remote. Goal: at most 2 times.

The floor is a click process that imports pydantic and ruamel.yaml, stores files, tree, commit and tag, and
pushes the tag. Every round releases another prompt, whose text has changed since its twenty releases.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import ROUNDS, Case, Command, Work
from benchmarks.registries import Place, name, registry

PROMPTCTL = Path(sys.executable).with_name("promptctl")
FLOOR = Path(__file__).with_name("p05_floor.py")


def cases() -> Iterator[Case]:
    """From the work tree, as a person would: what is committed and pushed to `main` there."""
    with registry("M") as place:
        _change(place, ROUNDS + 1)

        def floor(number: int) -> Work:
            files = (
                f"prompts/{name(number)}.md",
                f"partials/voice-{number:05}.md",
                f"rag_configs/passages-{number:05}.yaml",
                f"guardrails/length-{number:05}.yaml",
                "context_templates/passages.md",
            )
            tag = f"floor/{name(number)}/v1.20.0"
            return Command([sys.executable, FLOOR, tag, *files], place.clone, place.environ).run

        def ours(number: int) -> Work:
            return Command([PROMPTCTL, "release", name(number)], place.clone, place.environ).run

        yield Case("P5", "release on M", 2.0, floor, ours)


def _change(place: Place, count: int) -> None:
    """Give so many prompts a new text, in one commit of `main`, here and on the remote."""
    place.git("checkout", "--quiet", "main")
    for number in range(count):
        path = place.clone / "prompts" / f"{name(number)}.md"
        path.write_text(path.read_text().replace("{{ question }}", "Q: {{ question }}"))
    place.git("commit", "--quiet", "--all", "-m", "prompts: ask with a Q")
    place.git("push", "--quiet", "origin", "main")
