"""What one rule finds in a registry made in memory."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.registries import registry

from promptctl.services.validate import validate

__all__ = ["messages"]

_PIPELINE = {"promptctl.yaml": "environments: [{name: dev}]\n"}


def messages(code: str, files: Mapping[str, str]) -> list[str]:
    """Return what the findings of this code say, in the order of their places."""
    found = validate(registry({**_PIPELINE, **files})).findings
    return [each.message for each in found if each.code == code]
