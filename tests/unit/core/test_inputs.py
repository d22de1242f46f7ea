from __future__ import annotations

from collections import UserDict
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.inputs import Inputs, plain_json
from promptctl.errors import InputError


def accept(spec: dict, value: object) -> object:
    return Inputs({"x": spec}).accept({"x": value})["x"]


TEXT = {"kind": "string"}
DOCUMENTS = {
    "kind": "array",
    "items": {
        "kind": "object",
        "properties": {"id": {"kind": "string", "required": True}, "rank": {"kind": "integer"}},
    },
}


def test_defaults_are_filled_in_and_a_missing_thread_is_empty():
    inputs = Inputs({"a": {"kind": "string", "default": "x"}, "b": TEXT, "history": {"kind": "thread"}})
    assert inputs.accept({}) == {"a": "x", "history": []}
    assert inputs.accept({"a": "y", "b": "z"}) == {"a": "y", "b": "z", "history": []}


def test_a_required_input_that_is_missing_is_named():
    with pytest.raises(InputError, match="'x' is required"):
        Inputs({"x": {"kind": "string", "required": True}}).accept({})


def test_an_unknown_input_is_refused_with_what_was_meant():
    with pytest.raises(InputError, match="'questoin' is not declared") as refused:
        Inputs({"question": TEXT}).accept({"questoin": "?"})
    assert refused.value.hint == "did you mean question?"
    with pytest.raises(InputError) as refused:
        Inputs({}).accept({"x": "?"})
    assert refused.value.hint == "declared: none"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", ["", "text"], [1, None, b"x", ["x"], True]),
        ("integer", [0, -(2**53 - 1)], [1.0, True, "1", 2**53, None]),
        ("float", [1, 1.5], [True, "1", float("nan"), float("inf"), 2**53]),
        ("boolean", [True, False], [0, "true", None]),
        ("array", [[], [1, None, "x"]], ["x", {}, {1}]),
        ("object", [{}, {"a": None}], ["x", [], {1: "x"}, {"a": {1}}]),
    ],
)
def test_each_kind_takes_its_values_and_no_others(kind, good, bad):
    for value in good:
        assert accept({"kind": kind}, value) == value
    for value in bad:
        with pytest.raises(InputError, match="x"):
            accept({"kind": kind}, value)


@pytest.mark.parametrize("kind", ["string", "integer"])
def test_only_listed_values_are_taken(kind):
    allowed = {"string": ["en", "de"], "integer": [1, 2]}[kind]
    spec = {"kind": kind, "enumValues": allowed}
    assert accept(spec, allowed[1]) == allowed[1]
    with pytest.raises(InputError, match="is not one of"):
        accept(spec, {"string": "fr", "integer": 3}[kind])


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([{"id": "a"}, {"id": 1}], r"x\[1\]\.id: expected string, got int"),
        ([{"id": "a", "rank": "1"}], r"x\[0\]\.rank: expected integer"),
        ([{"rank": 1}], r"x\[0\]\.id is required"),
        (["a"], r"x\[0\]: expected object"),
        ([{"id": "a", "more": {1}}], r"x\[0\]\.more: set is not plain JSON"),
        ([{"id": "a", 1: "x"}], r"x\[0\]: the keys of an object are text"),
        ({"id": "a"}, "x: expected array, got dict"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(value, place):
    with pytest.raises(InputError, match=place):
        accept(DOCUMENTS, value)


def test_what_is_not_declared_of_an_object_comes_along():
    value = [{"id": "a", "rank": 1, "score": 0.5, "more": {"deep": [None]}}]
    assert accept(DOCUMENTS, value) == value


@pytest.mark.parametrize("items", [{}, {"items": TEXT}, {"items": {"kind": "string", "enumValues": ["a"]}}])
def test_a_copy_shares_nothing_with_what_the_caller_gave(items):
    value = ["a"]
    copied = accept({"kind": "array", **items}, value)
    value[0] = "changed"
    assert copied == ["a"]


def test_an_object_is_copied_deeply():
    inner = {"deep": ["a"]}
    copied = accept({"kind": "object"}, {"inner": inner})
    inner["deep"].append("b")
    assert copied == {"inner": {"deep": ["a"]}}


def test_other_mappings_and_sequences_become_plain_ones():
    copied = accept(DOCUMENTS, (UserDict({"id": "a"}),))
    assert copied == [{"id": "a"}]
    assert (type(copied), type(copied[0])) == (list, dict)


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError("called a method of the caller's class")

    __format__ = __repr__ = __str__


class Colour(StrEnum):
    RED = "red"


def test_text_of_other_classes_becomes_plain_text_and_none_of_their_methods_runs():
    for spec, value in ((TEXT, Loud("a")), ({"kind": "object"}, {"a": Loud("a")}), (TEXT, Colour.RED)):
        copied = accept(spec, value)
        plain = copied["a"] if isinstance(copied, dict) else copied
        assert type(plain) is str
    assert accept({"kind": "string", "enumValues": ["red"]}, Colour.RED) == "red"


def test_endless_nesting_is_refused():
    endless: list = []
    endless.append(endless)
    for spec in ({"kind": "array"}, {"kind": "array", "items": {"kind": "array"}}, {"kind": "object"}):
        with pytest.raises(InputError, match=r"nested deeper|expected"):
            accept(spec, endless)


def test_threads_hold_users_assistants_and_tools_only():
    spec = {"kind": "thread"}
    good = [{"role": "user", "content": "a"}, {"role": "tool", "content": None, "tool_call_id": "1"}]
    assert accept(spec, good) == good
    for bad in ("x", [["user", "a"]], [{"role": "system", "content": "a"}], [{"role": "user"}]):
        with pytest.raises(InputError):
            accept(spec, bad)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_every_json_object_is_accepted_as_itself(value):
    assert accept({"kind": "object"}, value) == value


@given(st.lists(json_values, max_size=4))
def test_the_fast_way_and_the_thorough_way_agree(value):
    # Tuples are unusual, so the same value given as one takes the thorough way.
    spec = {"kind": "array", "items": {"kind": "object", "properties": {"a": TEXT, "b": {"kind": "float"}}}}

    def outcome(given_value: object) -> object:
        try:
            return accept(spec, given_value)
        except InputError as error:
            return error.message

    assert outcome(value) == outcome(tuple(value))


def test_null_is_plain_json_only_inside():
    assert plain_json([None], "x") == [None]
    with pytest.raises(InputError, match="null is not plain JSON"):
        plain_json(None, "x")


ORDER = {
    "kind": "object",
    "properties": {
        "lines": {
            "kind": "array",
            "required": True,
            "items": {
                "kind": "object",
                "properties": {
                    "sku": {"kind": "string", "required": True},
                    "size": {"kind": "integer", "enumValues": [1, 2, 3]},
                    "tags": {"kind": "array", "items": {"kind": "string", "enumValues": ["new", "sale"]}},
                    "price": {"kind": "float", "enumValues": [1, 2.5]},
                },
            },
        },
        "gift": {"kind": "boolean"},
    },
}


@pytest.mark.parametrize(
    "line", [{"sku": "a"}, {"sku": "a", "size": 3, "tags": ["new"], "price": 1.0}, {"sku": "a", "tags": []}]
)
def test_shapes_hold_on_every_level(line):
    assert accept(ORDER, {"lines": [{"sku": "b"}, line], "gift": False}) == {
        "lines": [{"sku": "b"}, line],
        "gift": False,
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"gift": True}, "x.lines is required"),
        ({"lines": [{}]}, r"x\.lines\[0\]\.sku is required"),
        ({"lines": [{"sku": "a", "size": 4}]}, r"x\.lines\[0\]\.size: 4 is not one of 1, 2, 3"),
        ({"lines": [{"sku": "a", "size": True}]}, r"x\.lines\[0\]\.size: expected integer, got bool"),
        ({"lines": [{"sku": "a", "size": 1.0}]}, r"x\.lines\[0\]\.size: expected integer, got float"),
        ({"lines": [{"sku": "a", "tags": ["old"]}]}, r"tags\[0\]: 'old' is not one of new, sale"),
        ({"lines": [{"sku": "a", "price": 3}]}, r"price: 3 is not one of 1, 2\.5"),
        ({"lines": [{"sku": None}]}, r"sku: expected string, got null"),
        ({"lines": [], "gift": "yes"}, r"x\.gift: expected boolean, got str"),
    ],
)
def test_what_does_not_fit_on_some_level_is_named_by_its_place(value, message):
    with pytest.raises(InputError, match=message):
        accept(ORDER, value)


def test_a_default_list_or_object_is_the_same_at_every_render():
    inputs = Inputs({"x": {"kind": "array", "default": [{"a": 1}]}, "y": {"kind": "object", "default": {}}})
    assert inputs.accept({}) == inputs.accept({}) == {"x": [{"a": 1}], "y": {}}
    assert inputs.accept({"x": []}) == {"x": [], "y": {}}
