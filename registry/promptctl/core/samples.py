"""Sample inputs, made from what is declared: what every template must render before it is served.

Publishers and runtimes use the same samples, so a release that passes here cannot be refused there.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_BY_KIND = {"string": "sample", "integer": 1, "float": 1.5, "boolean": True}


def sample_inputs(declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return a value for every declared input, the optional ones too.

    None where the shape of one is not declared (an object without properties, an array without items): a
    template may rely on anything inside, so no sample could tell a bad template from a poor sample.
    """
    try:
        return {name: _sample(spec) for name, spec in declared.items()}
    except _UndeclaredError:
        return None


class _UndeclaredError(Exception):
    """The shape of a value is not declared."""


def _sample(spec: Mapping[str, Any]) -> Any:
    kind = spec["kind"]
    if "default" in spec:
        return spec["default"]
    if spec.get("enumValues"):
        return spec["enumValues"][0]
    if kind == "thread":
        return [{"role": "user", "content": "sample"}]
    if kind == "array":
        if "items" not in spec:
            raise _UndeclaredError
        return [_sample(spec["items"]), _sample(spec["items"])]
    if kind == "object":
        if not spec.get("properties"):
            raise _UndeclaredError
        return {name: _sample(each) for name, each in spec["properties"].items()}
    return _BY_KIND[kind]
