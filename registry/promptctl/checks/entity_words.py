"""Entities are written as others write them: a misspelt one is never found.

Teams have entities of their own, so only a word that resembles a known one is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.suggest import nearest
from promptctl.model.document import Path
from promptctl.model.registry import Artifact, Registry

_KNOWN = (
    "address",
    "bank_account",
    "card_number",
    "date_of_birth",
    "driving_licence",
    "email",
    "iban",
    "ip_address",
    "name",
    "national_id",
    "passport_number",
    "password",
    "phone",
    "secret",
    "ssn",
    "tax_id",
)
_OTHERS_WRITE = {
    "api_key": "secret",
    "card": "card_number",
    "credit_card": "card_number",
    "credit_card_number": "card_number",
    "email_address": "email",
    "iban_code": "iban",
    "person": "name",
    "phone_number": "phone",
    "us_ssn": "ssn",
}
_LEAST_LENGTH = 4
"""Shorter words resemble each other by accident."""
_MOST_WORDS = 500
"""Comparing words is slow: of more than these, the first are."""


def _find(guardrail: Artifact, _: Registry) -> Iterator[Problem]:
    for path, word in islice(_words(guardrail), _MOST_WORDS):
        meant = _meant(word)
        if meant is not None:
            yield at(
                guardrail,
                path,
                f"`{word[:40]}` is not among the entities that are known",
                f"did you mean {meant}?",
            )


def _words(guardrail: Artifact) -> Iterator[tuple[Path, str]]:
    for side in ("input", "output"):
        for index, rule in enumerate(getattr(guardrail.value, side)):
            for number, word in enumerate(rule.entities):
                yield (side, index, "entities", number), word
    for index, each in enumerate(guardrail.value.egress.destinations):
        for key in ("redact", "block"):
            for number, word in enumerate(getattr(each, key)):
                yield ("egress", "destinations", index, key, number), word


def _meant(word: str) -> str | None:
    plain = word.lower().replace("-", "_").replace(" ", "_")
    if word in _KNOWN:
        return None
    if plain in _KNOWN:
        return plain
    if plain in _OTHERS_WRITE:
        return _OTHERS_WRITE[plain]
    close = nearest(plain, _KNOWN) if len(plain) >= _LEAST_LENGTH else None
    return close if close is not None and abs(len(close) - len(plain)) <= 1 else None


RULE = Rule(
    "PC151", "entities are spelt as they are known", severity="warning", kinds=("guardrail",), find=_find
)
