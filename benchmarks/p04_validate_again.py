"""P4: `promptctl validate` of a commit of L that differs in one file from the last. Goal: at most 2 times.

The floor is a click process that lists the commit with `git ls-tree`, decodes the kept results, and reads the
one file that changed: it checks its settings with pydantic (docs/adr/0012).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, Command, Work
from benchmarks.registries import Place, files, name

PROMPTCTL = Path(sys.executable).with_name("promptctl")
FLOOR = Path(__file__).with_name("p04_floor.py")


def cases() -> Iterator[Case]:
    """10,000 artifacts, of which one prompt is another in every round."""
    with files("L") as place:
        cache = place.directory / "cache"
        environ = {**place.environ, "PROMPTCTL_CACHE_DIR": str(cache)}
        _validate(place, environ, "main").run()
        (results,) = cache.rglob("*.sqlite")
        place.git("read-tree", "main")

        def floor(number: int) -> Work:
            changed = f"prompts/{name(number)}.md"
            return Command([sys.executable, FLOOR, "main", results, changed], place.clone, place.environ).run

        def ours(number: int) -> Work:
            return _validate(place, environ, _changed(place, number)).run

        yield Case("P4", "validate warm on L, one file changed", 2.0, floor, ours)


def _validate(place: Place, environ: dict[str, str], revision: str) -> Command:
    return Command([PROMPTCTL, "validate", "--at", revision], place.clone, environ)


def _changed(place: Place, number: int) -> str:
    """Return a commit that differs from the last one in one prompt."""
    path = f"prompts/{name(number)}.md"
    text = place.git("show", f"main:{path}").replace("{{ question }}", f"{{{{ question }}}} ({number})")
    (place.directory / "changed.md").write_text(f"{text}\n")
    blob = place.git("hash-object", "-w", "--path", path, str(place.directory / "changed.md"))
    place.git("update-index", "--cacheinfo", f"100644,{blob},{path}")
    return place.git("commit-tree", place.git("write-tree"), "-m", f"prompts: change {number}")
