"""Which items of two sequences stay the same, in bounded time whatever the sequences are.

difflib takes quadratic time on long texts and cubic time on repetitive ones. Here what is the same at both
ends is set aside, items that occur once on each side are anchors (patience diff), and between anchors the
shortest edit is looked for (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986) within a budget:
what it does not suffice for counts as replaced.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

EDITS = 300
"""Between two anchors at most so many items come and go; beyond that all of them are replaced."""
WORK = 2_000_000
"""Steps for two sequences in all."""


class Block(NamedTuple):
    """`old` items from `at` before, and `new` items from `to` after. Equal blocks are the same on both."""

    at: int
    to: int
    old: int
    new: int
    is_equal: bool


def aligned(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Block]:
    """Return what is equal and what is replaced, in order, covering both sequences."""
    pairs = list(_matches(before, after))
    blocks: list[Block] = []
    at = to = 0
    for start, other, length in [*_runs(pairs), (len(before), len(after), 0)]:
        if start > at or other > to:
            blocks.append(Block(at, to, start - at, other - to, is_equal=False))
        if length:
            blocks.append(Block(start, other, length, length, is_equal=True))
        at, to = start + length, other + length
    return blocks


def _runs(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield (at, to, length) of matches that follow each other on both sides."""
    begin = 0
    for place in range(1, len(pairs) + 1):
        previous = pairs[place - 1]
        if place == len(pairs) or pairs[place] != (previous[0] + 1, previous[1] + 1):
            yield *pairs[begin], place - begin
            begin = place


def _matches(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    head, low = 0, min(len(before), len(after))
    while head < low and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < low - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    yield from ((each, each) for each in range(head))
    work = WORK
    at = to = head
    ends = len(before) - tail, len(after) - tail
    for anchor in [*_anchors(before, after, head, ends), ends]:
        found, spent = _shortest(before[at : anchor[0]], after[to : anchor[1]], work)
        work -= spent
        yield from ((at + old, to + new) for old, new in found)
        if anchor != ends:
            yield anchor
        at, to = anchor[0] + 1, anchor[1] + 1
    yield from ((ends[0] + each, ends[1] + each) for each in range(tail))


def _anchors(
    before: Sequence[Hashable], after: Sequence[Hashable], head: int, ends: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the longest rising chain of items that occur exactly once on each side."""
    old, new = before[head : ends[0]], after[head : ends[1]]
    once = {item for item, count in Counter(old).items() if count == 1}
    counts = Counter(new)
    places = {item: at for at, item in enumerate(new) if item in once and counts[item] == 1}
    pairs = [(at, places[item]) for at, item in enumerate(old) if item in places]
    tops: list[int] = []
    last: list[int] = []
    below: list[int] = []
    for index, (_, place) in enumerate(pairs):
        depth = bisect_left(tops, place)
        below.append(last[depth - 1] if depth else -1)
        if depth == len(tops):
            tops.append(place)
            last.append(index)
        else:
            tops[depth], last[depth] = place, index
    chain = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append((pairs[index][0] + head, pairs[index][1] + head))
        index = below[index]
    return chain[::-1]


def _shortest(
    old: Sequence[Hashable], new: Sequence[Hashable], work: int
) -> tuple[list[tuple[int, int]], int]:
    """Return the pairs that a shortest edit keeps, and the steps it took; no pairs where that is too many."""
    if not old or not new:
        return [], 0
    reach = {1: 0}
    trail: list[dict[int, int]] = []
    spent = 0
    for edits in range(min(EDITS, len(old) + len(new)) + 1):
        trail.append({key: reach[key] for key in range(-edits - 1, edits + 2) if key in reach})
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (
                diagonal != edits and reach.get(diagonal - 1, -1) < reach.get(diagonal + 1, -1)
            )
            x = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            y = start = x - diagonal
            while x < len(old) and 0 <= y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reach[diagonal] = x
            spent += 1 + y - start
            if x >= len(old) and y >= len(new):
                return _walked_back(trail, len(old), len(new)), spent
        spent += edits
        if spent > work:
            break
    return [], spent


def _walked_back(trail: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    pairs = []
    for edits in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[edits], x - y
        down = diagonal == -edits or (
            diagonal != edits and reach.get(diagonal - 1, -1) < reach.get(diagonal + 1, -1)
        )
        previous = diagonal + 1 if down else diagonal - 1
        from_x = reach.get(previous, 0)
        from_y = from_x - previous
        while x > max(from_x, 0) and y > max(from_y, 0):
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = from_x, from_y
    return pairs[::-1]
