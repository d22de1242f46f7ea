"""Canonical JSON: one value, one text, in every language (RFC 8785).

Everything that is digested is written by `dumps`; nothing else in promptctl sorts keys or prints numbers.
"""

from __future__ import annotations

from json.encoder import encode_basestring as _quote

from promptctl.core.limits import INTEGER_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable
    from typing import Any


def dumps(value: Any) -> str:
    """The RFC 8785 text of a plain JSON value, without a final newline.

    Keys are sorted by their UTF-16 code units, numbers print as ECMAScript prints them. Takes `dict`, `list`,
    `tuple`, `str`, `int`, `float`, `bool` and `None`. Raises `ValueError` for everything that has no
    canonical text: NaN and infinities, integers beyond 2^53-1, halves of surrogate pairs, other types,
    endless nesting.
    """
    parts: list[str] = []
    try:
        _write(value, parts.append)
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None
    return "".join(parts)


def number(value: float) -> str:
    """A number as ECMAScript prints it (ECMA-262, Number::toString): `1.0` is `1`, `1e21` is `1e+21`."""
    if isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise ValueError("an integer beyond 2^53-1 has no exact JSON number")
        return str(value)
    if value - value != 0.0:
        raise ValueError("NaN and infinities are no JSON numbers")
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return ("-" if value < 0 else "") + (_place(digits, point) if digits else "0")


def string(value: str) -> str:
    """A string in quotes, escaped as RFC 8785 says."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("half of a surrogate pair is no text") from None
    return _quote(value)


def _place(digits: str, point: int) -> str:
    """Put the decimal point after `point` digits, or write an exponent where ECMAScript does."""
    if 0 < point <= 21:
        return digits.ljust(point, "0") if len(digits) <= point else f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


def _write(value: Any, put: Callable[[str], None]) -> None:
    if isinstance(value, str):
        put(string(value))
    elif value is None:
        put("null")
    elif isinstance(value, bool):
        put("true" if value else "false")
    elif isinstance(value, int | float):
        put(number(value))
    elif isinstance(value, dict):
        _write_object(value, put)
    elif isinstance(value, list | tuple):
        _write_list(value, put)
    else:
        raise ValueError(f"a {type(value).__name__} is no JSON value")


def _write_object(value: dict[str, Any], put: Callable[[str], None]) -> None:
    lead = "{"
    for key in sorted(value, key=_utf16):
        put(lead)
        put(string(key))
        put(":")
        _write(value[key], put)
        lead = ","
    put("}" if value else "{}")


def _write_list(value: list[Any] | tuple[Any, ...], put: Callable[[str], None]) -> None:
    lead = "["
    for item in value:
        put(lead)
        _write(item, put)
        lead = ","
    put("]" if value else "[]")


def _utf16(key: object) -> bytes:
    if not isinstance(key, str):
        raise ValueError(f"a key is a string, not a {type(key).__name__}")
    return key.encode("utf-16-be", "surrogatepass")
