"""P9: a render of 3 KB with 6 inputs and 5 documents, against minijinja on the same templates.

Goal: at most 2 times. The floor is strict, has no finalizer and gets inputs that are plain already. Ours
checks and copies the inputs, cuts the documents and caps the output.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import minijinja

from benchmarks.frame import Case, same
from benchmarks.serving import DOCUMENTS, NAME, PASSAGES, SYSTEM, USER, VALUES, connected, fill_cache

RENDERS = 100


def cases() -> Iterator[Case]:
    """Both sides do the same number of renders, and give the same text."""
    bare = minijinja.Environment(
        templates={"passages": PASSAGES, "system": SYSTEM, "user": USER},
        undefined_behavior="strict",
        auto_escape_callback=lambda _name: False,
        keep_trailing_newline=True,
    )
    with tempfile.TemporaryDirectory() as directory:
        fill_cache(Path(directory))
        prompt = connected(Path(directory)).prompt(NAME)

    def floor() -> list[str]:
        for _ in range(RENDERS):
            context = bare.render_template("passages", documents=DOCUMENTS)
            values = {**VALUES, "context": context}
            rendered = [bare.render_template(each, **values) for each in ("system", "user")]
        return rendered

    def ours() -> list[str]:
        for _ in range(RENDERS):
            chat = prompt.render(**VALUES, context=prompt.context(DOCUMENTS))
        return [each["content"] for each in chat.messages]

    if [each.strip("\n") for each in floor()] != [each.strip("\n") for each in ours()]:
        raise RuntimeError("P9: the two sides do not render the same text")
    yield Case(
        "P9",
        "SDK: render 3 KB, 6 inputs, 5 documents",
        2,
        same(floor),
        same(ours),
        RENDERS,
        rounds=21,
        clock=time.process_time,
    )
