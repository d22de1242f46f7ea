"""What a render does on its way to the output, counted in characters: a unit is about a nanosecond of a core.

The limits of output and iterations do not see it: `{{ big | tojson | length }}` in a loop writes one number.
"""

from __future__ import annotations

NODE = 16
"""Each tag, text and part of an expression in a loop's body, for every iteration."""
STRUCTURED = 16
"""Each character of a list or an object written as JSON: numbers and short keys take far longer than text."""
_SEARCHED_AT_ONCE = 32
_LONGEST_SEARCH = 1024  # Python compares beyond it only where that saves time


def work_of_filter(value: object, result: object, *_: object) -> int:
    """What a filter does that reads a whole value and makes a text of it."""
    made = len(result) if isinstance(result, str) else 0
    if isinstance(value, str):
        return len(value) + made
    return STRUCTURED * (made + len(value)) if isinstance(value, list | tuple | dict) else made


def work_of_replace(value: str, result: str, old: str, *_: object) -> int:
    """What a search does: in the worst text, every character is compared with much of what is looked for."""
    return len(value) * (1 + min(len(old), _LONGEST_SEARCH) // _SEARCHED_AT_ONCE) + len(result)
