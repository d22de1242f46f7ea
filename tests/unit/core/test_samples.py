from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.inputs import Inputs
from promptctl.core.samples import sample_inputs


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"kind": "string"}, "sample"),
        ({"kind": "string", "default": "x"}, "x"),
        ({"kind": "string", "enumValues": ["en", "de"]}, "en"),
        ({"kind": "integer"}, 1),
        ({"kind": "boolean", "default": False}, False),
        ({"kind": "array", "items": {"kind": "float"}}, [1.5, 1.5]),
        ({"kind": "object", "properties": {"a": {"kind": "boolean"}}}, {"a": True}),
        ({"kind": "thread"}, [{"role": "user", "content": "sample"}]),
    ],
)
def test_a_sample_is_made_of_what_is_declared(spec, expected):
    assert sample_inputs({"x": spec}) == {"x": expected}


@pytest.mark.parametrize(
    "spec",
    [{"kind": "object"}, {"kind": "array"}, {"kind": "array", "items": {"kind": "object"}}],
)
def test_there_is_no_sample_of_an_undeclared_shape(spec):
    assert sample_inputs({"a": {"kind": "string"}, "x": spec}) is None


specs = st.recursive(
    st.sampled_from([{"kind": kind} for kind in ("string", "integer", "float", "boolean")])
    | st.just({"kind": "string", "enumValues": ["a", "b"]}),
    lambda inner: (
        st.builds(lambda items: {"kind": "array", "items": items}, inner)
        | st.builds(
            lambda each: {"kind": "object", "properties": each},
            st.dictionaries(st.text(), inner, min_size=1, max_size=3),
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), specs, max_size=4))
def test_every_sample_is_accepted_by_the_inputs_it_was_made_from(declared):
    sample = sample_inputs(declared)
    assert sample is not None
    assert Inputs(declared).accept(sample) == sample
