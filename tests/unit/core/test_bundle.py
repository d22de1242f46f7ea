from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from promptctl.core.bundle import SCHEMAS, digest_of, parse, schema_of
from promptctl.core.limits import LOAD
from promptctl.errors import IntegrityError

PLAIN = {"schema": "promptctl.bundle/v1", "root": "prompts/a", "artifacts": {"prompts/a": {"messages": []}}}


def encoded(**fields: object) -> bytes:
    return json.dumps({**PLAIN, **fields}).encode()


def test_the_digest_is_what_sha256sum_prints():
    assert digest_of(b"x") == "sha256:" + hashlib.sha256(b"x").hexdigest()


def test_bytes_of_that_digest_are_read():
    content = encoded()
    bundle = parse(content, digest=digest_of(content))
    assert (bundle.root, bundle.body, bundle.digest) == ("prompts/a", {"messages": []}, digest_of(content))


def test_bytes_of_another_digest_are_refused():
    with pytest.raises(IntegrityError, match="expected sha256:"):
        parse(encoded() + b"\n", digest=digest_of(encoded()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (encoded(schema="promptctl.bundle/v3"), "schema"),
        (encoded(artifacts={}), "not readable"),
        (encoded(artifacts=[]), "not readable"),
        (encoded(artifacts={"prompts/a": "text"}), "does not read"),
        (encoded(root=["prompts/a"]), "not readable"),
        (b"{", "not readable"),
        (b"[]", "not readable"),
        (b"[" * 100_000, "not readable"),
    ],
)
def test_what_is_no_bundle_is_refused(content, words):
    with pytest.raises(IntegrityError, match=words):
        parse(content, digest=digest_of(content))


def test_what_is_too_large_is_not_even_hashed():
    with pytest.raises(IntegrityError, match="at most 3 are loaded"):
        parse(b"1234", digest="", limits=replace(LOAD, bundle_size_bytes=3))
    content = encoded()
    with pytest.raises(IntegrityError, match="too many"):
        parse(content, digest=digest_of(content), limits=replace(LOAD, artifacts_per_closure=0))


@pytest.mark.parametrize(
    ("inputs", "schema"),
    [({"q": {"kind": "string"}}, "v1"), ({"q": {"kind": "string", "trust": "end_user"}}, "v2")],
)
def test_only_inputs_that_say_whom_to_trust_ask_for_the_newer_schema(inputs, schema):
    assert schema_of({"prompts/a": {"messages": []}, "prompts/b": {"inputs": inputs}}) == (
        f"promptctl.bundle/{schema}"
    )
    assert f"promptctl.bundle/{schema}" in SCHEMAS
