"""The limits of everything that is published and loaded, written once.

A publisher may use half of what a loader accepts, so a file that passes CI can never be the one that takes
runtimes down.
"""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, inclusive. Sizes are bytes of UTF-8.

    `work_characters` is what one render may read and make on its way to the output (`core.template.work`).
    """

    file_size_bytes: int
    bundle_size_bytes: int
    lock_size_bytes: int
    artifacts_per_closure: int
    rendered_size_bytes: int
    loop_iterations: int
    work_characters: int
    block_nesting: int
    expression_depth: int
    tags_per_template: int
    messages_per_prompt: int


PUBLISH = Limits(
    file_size_bytes=1 * _MIB,
    bundle_size_bytes=4 * _MIB,
    lock_size_bytes=32 * _MIB,
    artifacts_per_closure=200,
    rendered_size_bytes=1 * _MIB,
    loop_iterations=50_000,
    work_characters=32 * _MIB,
    block_nesting=16,
    expression_depth=32,
    tags_per_template=5_000,
    messages_per_prompt=1_000,
)
LOAD = Limits(
    file_size_bytes=2 * _MIB,
    bundle_size_bytes=8 * _MIB,
    lock_size_bytes=64 * _MIB,
    artifacts_per_closure=400,
    rendered_size_bytes=2 * _MIB,
    loop_iterations=100_000,
    work_characters=64 * _MIB,
    block_nesting=32,
    expression_depth=64,
    tags_per_template=10_000,
    messages_per_prompt=2_000,
)

YAML_DEPTH = 32
YAML_NODES = 50_000
DATASET_LINES = 50_000
PARTIAL_DEPTH = 5
INTEGER_MAX = 2**53 - 1
NAME_LENGTH = 100
PREVIOUS_PINS = 10
FENCES_AROUND = 8
FENCE_SETS = 32
"""Of more delimiters around what an end user writes, or more sets of them in a template, none counts."""
SIGNATURE_BYTES = 32 * 1024
SIGNERS_BYTES = 1 * _MIB
CLOCK_SKEW_S = 5 * 60
"""What says that it was made later than so much from now never counts: clocks do not agree better."""
WAIVER_AGE_S = 24 * 60 * 60
"""How long a waiver that was made apart from promoting can be used: it is for what is urgent."""
