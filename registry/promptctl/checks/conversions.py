"""What `promptctl import` and `promptctl export` say of what cannot be carried over as it is."""

from __future__ import annotations

from promptctl.checks.rule import Refusal

UNREADABLE = Refusal("PC201", "a file is what its format says", "nothing was made of it: mend the file")
MENDED = Refusal(
    "PC202", "text begins without a byte order mark and its lines end with LF", "it was mended", "warning"
)
RENAMED = Refusal(
    "PC203", "a name is legal and its own", "it was renamed: look whether it is clear", "warning"
)
LEFT_OUT = Refusal(
    "PC204", "a field has a place in a registry", "it was left out: put it where the finding says", "warning"
)
UNTRANSLATED = Refusal("PC205", "a template says what ours can say", "write it in our template language")
WOULD_RUN = Refusal(
    "PC206",
    "nothing runs code or reads files and the environment",
    "it was left out: write what it would give",
)
NOT_ASSERTED = Refusal(
    "PC207", "an evaluator has an assertion of ours", "write an assertion by hand", "warning"
)
NO_SUITE = Refusal(
    "PC208",
    "cases have something that judges them",
    "add evals/NAME.yaml with `target: prompts/NAME`, the `dataset`, and what to `assert`",
    "warning",
)
DIFFERS = Refusal(
    "PC209", "what is carried over behaves as it did", "read in which way it differs", "warning"
)
UNUSABLE = Refusal(
    "PC210", "what is made is right by the registry's own rules", "it was not written: mend the source"
)

NOT_ENFORCED = Refusal(
    "PC230",
    "what a prompt is released with means something to the other tool",
    "check it in the application",
    "warning",
)
NOT_SAID = Refusal(
    "PC231", "the other tool has words for everything", "it was left out: add it there", "warning"
)
READ_OTHERWISE = Refusal(
    "PC232", "the other tool reads everything as it is read here", "read in which way it differs", "warning"
)
NO_CASES = Refusal("PC233", "a suite judges the prompt", "write a suite, or export without tests", "warning")

CONVERSIONS = (
    UNREADABLE,
    MENDED,
    RENAMED,
    LEFT_OUT,
    UNTRANSLATED,
    WOULD_RUN,
    NOT_ASSERTED,
    NO_SUITE,
    DIFFERS,
    UNUSABLE,
    NOT_ENFORCED,
    NOT_SAID,
    READ_OTHERWISE,
    NO_CASES,
)
"""In the order of the codes; no finding of a registry has one of these."""
