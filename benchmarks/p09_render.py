"""P9: a render of 3 KB with 6 inputs and 5 documents, against minijinja on the same templates.

Goal: at most 2 times. The floor is strict, has no finalizer and gets inputs that are plain already. Ours
checks and copies the inputs, cuts the documents and caps the output. Both render the same number of times.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import minijinja
from benchmarks.serving import DOCUMENTS, NAME, PASSAGES, SYSTEM, USER, VALUES, connected, fill_cache

RENDERS = 100

_floor = minijinja.Environment(
    templates={"passages": PASSAGES, "system": SYSTEM, "user": USER},
    undefined_behavior="strict",
    auto_escape_callback=lambda _name: False,
    keep_trailing_newline=True,
)
with tempfile.TemporaryDirectory() as _directory:
    fill_cache(Path(_directory))
    _prompt = connected(Path(_directory)).prompt(NAME)


def floor() -> list[str]:
    for _ in range(RENDERS):
        context = _floor.render_template("passages", documents=DOCUMENTS)
        values = {**VALUES, "context": context}
        rendered = [_floor.render_template(each, **values) for each in ("system", "user")]
    return rendered


def ours() -> list[str]:
    for _ in range(RENDERS):
        chat = _prompt.render(**VALUES, context=_prompt.context(DOCUMENTS))
    return [each["content"] for each in chat.messages]
