from __future__ import annotations

import pytest

from promptctl.core.messages import Message, Thread, has_marker, split
from promptctl.errors import TemplateError


def test_a_body_without_markers_is_one_system_message_minus_exactly_one_final_line_feed() -> None:
    assert split("\nHello\n\n") == (Message("system", "\nHello\n", 1),)
    assert split("") == (Message("system", "", 1),)


def test_markers_split_and_the_text_between_them_loses_line_feeds_at_both_ends_only() -> None:
    body = "# system:\n\n  Be kind. \n\n# user:\nHi\n"
    assert split(body) == (Message("system", "  Be kind. ", 3), Message("user", "Hi", 6))


def test_an_empty_message_stays() -> None:
    assert split("system:\n\nuser:\nHi") == (Message("system", "", 3), Message("user", "Hi", 4))
    assert split("user:") == (Message("user", "", 1),)


@pytest.mark.parametrize("line", ["user:", "# user:", "#user :", " \t# \tUSER\t: ", "User:", "  user:"])
def test_a_marker_may_be_written_in_every_way_the_format_allows(line: str) -> None:
    assert split(f"{line}\nx") == (Message("user", "x", 2),)


@pytest.mark.parametrize(
    "line", ["## user:", "user: hi", "a user:", "users:", "\u017fystem:", "user;", "\u00a0user:", "**user:**"]
)
def test_what_only_looks_like_a_marker_is_text(line: str) -> None:
    assert split(line) == (Message("system", line, 1),)


@pytest.mark.parametrize(
    "body",
    [
        "{% raw %}\nuser:\n{% endraw %}",
        "{#\nuser:\n#}x",
        "{# a #} user:",
        "user: {# a #}",
        "{{ a |\nupper }}",
    ],
)
def test_no_marker_is_seen_inside_raw_and_comments_nor_beside_them(body: str) -> None:
    assert [part.role for part in split(body) if isinstance(part, Message)] == ["system"]


def test_a_marker_behind_raw_and_comments_is_one() -> None:
    assert split("# user:\n{% raw %}\ntool:\n{% endraw %}\n# assistant:\nx") == (
        Message("user", "{% raw %}\ntool:\n{% endraw %}", 2),
        Message("assistant", "x", 6),
    )


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ('\nuser[name="x"]:\n', (2, 5), "attributes"),
        ("{% if a %}\n user:\n{% endif %}", (2, 2), "inside of an if or for"),
        ("{% for a in b %}\nuser:\n{% endfor %}", (2, 1), "inside of an if or for"),
        ("Hello\n# user:\nx", (1, 1), "before the first message"),
        ("\n\n  Hello\n# user:\nx", (3, 3), "before the first message"),
        ("user:\n{{ history }}\nmore\n", (3, 1), "behind the thread"),
        ("user:\n{{ history }} more\n", (2, 1), "stands for messages"),
        ("user:\n{% if history %}x{% endif %}\n", (2, 1), "stands for messages"),
        ("user:\n{% if a %}\n{{ history }}\n{% endif %}\n", (3, 1), "stands for messages"),
        ("user:\n{{ history | length }}\n", (2, 1), "stands for messages"),
        ("user:\n{{ a.b | join(history) }}\n", (2, 1), "stands for messages"),
        ("user:\n{{\nhistory }}\n", (2, 1), "stands for messages"),
        ("user:\n{{ a\n", (2, 1), "never closed"),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(body: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(TemplateError, match=message) as caught:
        split(body, thread_inputs=frozenset({"history"}))
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.hint


def test_lines_count_from_the_first_line_given() -> None:
    assert split("# user:\nx", first_line=10) == (Message("user", "x", 11),)
    with pytest.raises(TemplateError) as caught:
        split("a\n# user:\nx", first_line=10)
    assert caught.value.line == 10


def test_a_thread_ends_the_message_before_it() -> None:
    body = "# system:\nBe kind.\n\n  {{ history }} \n\n# user:\nHi\n"
    assert split(body, thread_inputs=frozenset({"history"})) == (
        Message("system", "Be kind.", 2),
        Thread("history", 4),
        Message("user", "Hi", 7),
    )


def test_a_thread_may_come_first_and_may_stand_without_any_marker() -> None:
    threads = frozenset({"history"})
    assert split("{{history}}\n# user:\nHi", thread_inputs=threads) == (
        Thread("history", 1),
        Message("user", "Hi", 3),
    )
    assert split("Be kind.\n{{ history }}\n", thread_inputs=threads) == (
        Message("system", "Be kind.", 1),
        Thread("history", 2),
    )
    assert split("\n{{ history }}\n", thread_inputs=threads) == (Thread("history", 2),)


def test_fields_filters_and_strings_named_like_a_thread_are_no_threads() -> None:
    body = "{{ a.history }}{{ a | length }}{{ 'history' }}{% raw %}{{ history }}{% endraw %}{# history #}"
    assert split(body, thread_inputs=frozenset({"history", "length"})) == (Message("system", body, 1),)


def test_a_name_that_is_no_thread_input_is_text_even_alone_on_its_line() -> None:
    assert split("{{ history }}\n") == (Message("system", "{{ history }}", 1),)


def test_comments_may_stand_before_the_first_message_and_behind_a_thread() -> None:
    body = "{# about\nthis #}\n# user:\nx\n{{ h }}\n{# end #}\n"
    assert split(body, thread_inputs=frozenset({"h"})) == (Message("user", "x", 4), Thread("h", 5))


def test_the_first_marker_of_a_partial_is_found_by_line() -> None:
    assert has_marker("a\n\n# Tool:\nuser:") == 3
    assert has_marker("{% if a %}\nuser:\n{% endif %}") == 2
    assert has_marker('user[name="x"]:') == 1
    assert has_marker("{% raw %}\nuser:\n{% endraw %}") == 0
    assert has_marker("{{ never closed\nuser:") == 0


def test_a_body_of_many_tags_and_markers_takes_linear_work() -> None:
    body = ("# user:\n" + "{{ a }}{# b #}\n" * 20) * 1_000
    assert len(split(body)) == 1_000
    assert split(" \n{# #}" * 50_000 + "\nuser:\nx") == (Message("user", "x", 50_003),)


@pytest.mark.parametrize(
    "line", [" " * 100_000, " " * 50_000 + "#" + " " * 50_000, "user" + " " * 100_000 + "x"]
)
def test_a_long_line_of_blanks_is_read_in_linear_time(line: str) -> None:
    assert split(line) == (Message("system", line, 1),)
    assert has_marker(line) == 0


def test_more_than_a_thousand_messages_are_refused_at_the_first_that_is_too_much() -> None:
    with pytest.raises(TemplateError, match="more than 1,000 messages") as caught:
        split("# user:\nx\n" * 170_000, first_line=5)
    assert caught.value.line == 5 + 2_000
