"""Templates made at random from a seed: valid by construction, with inputs they can be rendered with.

What is made stays where our language and jinja2's agree on the meaning: `and` and `or` are printed only
between booleans, comparisons have one type on both sides, and only strings are joined.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

_TEXTS = (
    "Hello ", "\n", "\n\n  ", "{", "}", "} }", "%}", "}}", "#}", "{ x }", "é😀", "user:", "<b>&\"'</b>",
    "a\tb", "|", "\\n", "system:\n", "{\n{", "--", "%",
)  # fmt: skip
_RAWS = ("{{ x }}", "{% if %}", "{# no #}", "{", "{{", "{%", "endraw", "{% endif %}\n", "plain")
_STRINGS = ('"a"', "'b c'", '""', '"\\n"', '"é"', "'it\\'s'", '"}}"', "'%}'", '"\\u0041"', '"Ann"')
_NUMBERS = ("0", "1", "2", "-3", "0.5", "2.0", "10")
_ARITHMETIC_ORDER = ("==", "!=", "<", "<=", ">", ">=")


def inputs(random: Random) -> dict[str, Any]:
    """Inputs for every template of `Maker`. No `missing` names are among them."""
    words = [random.choice(["sofa", "Chair", "", " table ", "é"]) for _ in range(random.randrange(4))]
    docs = [
        {
            "id": f"kb-{n}",
            "title": random.choice(["Returns", "Care ", ""]),
            "score": random.randrange(4),
            "tags": words,
        }
        for n in range(random.randrange(1, 4))
    ]
    return {
        "question": random.choice(["Where is it?", " {{ question }} ", "{% raw %}", "", "ÄÖ ß\n"]),
        "name": random.choice(["Ann", "Bo", "a"]),
        "count": random.choice([0, 1, 2, -3, 1000]),
        "ratio": random.choice([0.0, 0.5, 1.0, 2.25]),
        "vip": random.choice([True, False]),
        "words": words,
        "docs": docs,
        "user": {
            "name": "Eve",
            "age": random.randrange(3),
            "vip": random.choice([True, False]),
            "home": {"city": "Bonn"},
        },
    }


class Maker:
    """Makes one template after another from one source of randomness."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._loops: list[tuple[str, str]] = []

    def template(self, depth: int = 3) -> str:
        """A template; `depth` bounds its blocks and its expressions."""
        parts = [self._part(depth) for _ in range(self._random.randrange(1, 6))]
        return "".join(
            f"{part} " if part.endswith("{") else part for part in parts
        )  # '{' and a tag would merge

    def _part(self, depth: int) -> str:
        kinds = ["text", "text", "output", "output", "output", "comment", "raw"] + ["if", "for"] * (depth > 0)
        return str(getattr(self, "_make_" + self._random.choice(kinds))(depth))

    def _make_text(self, _: int) -> str:
        text = "".join(self._random.choice(_TEXTS) for _ in range(self._random.randrange(1, 4)))
        return re.sub(r"\{(?=[{%#])", "{ ", text)

    def _make_output(self, depth: int) -> str:
        kind = self._random.choice([self.string, self.string, self.number, self.boolean, self._json])
        return self._tag("{{", kind(depth), "}}")

    def _make_comment(self, _: int) -> str:
        return self._random.choice(["{# a #}", "{##}", "{# {{ x }}\n #}"])

    def _make_raw(self, _: int) -> str:
        return "{% raw %}" + self._random.choice(_RAWS) + "{% endraw %}"

    def _make_if(self, depth: int) -> str:
        parts = [self._tag("{%", "if " + self.test(depth), "%}"), self.template(depth - 1)]
        for _ in range(self._random.choice([0, 0, 1, 2])):
            parts += self._tag("{%", "elif " + self.test(depth), "%}"), self.template(depth - 1)
        if self._random.random() < 0.5:
            parts += self._tag("{%", "else", "%}"), self.template(depth - 1)
        return "".join((*parts, self._tag("{%", "endif", "%}")))

    def _make_for(self, depth: int) -> str:
        kind, items = self._random.choice([("word", "words"), ("doc", "docs"), ("word", self._words())])
        variable = f"{kind}{len(self._loops)}"
        self._loops.append((kind, variable))
        body = self.template(depth - 1)
        self._loops.pop()
        return f"{{% for {variable} in {items} %}}{body}{{% endfor %}}"

    def _tag(self, opener: str, inside: str, closer: str) -> str:
        space = self._random.choice([" ", " ", "  ", "\n", "\t", ""])
        return f"{opener}{space or ' ' * inside.startswith('-')}{inside}{space}{closer}"

    def string(self, depth: int) -> str:
        """An expression whose value is a string, binding as tightly as a filter."""
        choose = self._random.choice
        if depth <= 0:
            return choose(
                [*_STRINGS, "question", "name", "user.name", "user.home.city", *self._strings_of_loops()]
            )
        inner = self.string(depth - 1)
        return choose([
            self.string(0),
            f"{inner} | {choose(['upper', 'lower', 'trim', 'trim()'])}",
            f"{inner} | replace({choose(_STRINGS)}, {self.string(0)})",
            f"{self._words()} | join({self.string(0)})",
            f"{choose(['missing', 'user.missing', 'name'])} | default({inner})",
            f"(docs | {choose(['first', 'last'])}).{choose(['id', 'title'])}",
            "name | first", "name | last",
        ])  # fmt: skip

    def number(self, depth: int) -> str:
        """An expression whose value is a number."""
        choose = self._random.choice
        loops = ["loop.index", "loop.index0", "loop.revindex", "loop.revindex0", "loop.length"] * bool(
            self._loops
        )
        return choose([
            *_NUMBERS, "count", "ratio", "user.age", *loops, *self._of_loops("doc", ".score"),
            f"{self.string(depth - 1)} | length", f"{self._words()} | length", "user | length",
            f"{choose(['missing', 'count'])} | default({choose(_NUMBERS)})",
        ])  # fmt: skip

    def boolean(self, depth: int) -> str:
        """An expression whose value is a boolean, in parentheses where it binds loosely."""
        choose = self._random.choice
        if depth <= 0:
            return choose(
                ["true", "false", "vip", "user.vip", *["loop.first", "loop.last"] * bool(self._loops)]
            )
        left, right = self.boolean(depth - 1), self.boolean(depth - 1)
        return choose([
            left,
            f"(not {left})",
            f"({left} {choose(['and', 'or'])} {right})",
            f"({self.number(depth)} {choose(_ARITHMETIC_ORDER)} {self.number(depth)})",
            f"({self.string(depth - 1)} {choose(_ARITHMETIC_ORDER)} {self.string(depth - 1)})",
            f"({self._words()} == words)",
        ])  # fmt: skip

    def test(self, depth: int) -> str:
        """Anything whose truth can be asked for."""
        choose = self._random.choice
        one = [self.boolean(depth), self.string(0), self.number(0), "words", "user", "docs"]
        return choose(
            [
                *one,
                f"not {choose(one)}",
                f"{choose(one)} and {choose(one)}",
                f"{choose(one)} or not {choose(one)}",
            ]
        )

    def _json(self, depth: int) -> str:
        value = self._random.choice(
            ["user", "docs", "words", "count", "ratio", "vip", self.string(depth - 1)]
        )
        return self._random.choice([f"{value} | tojson", value])

    def _words(self) -> str:
        return self._random.choice(["words", "words", *self._of_loops("doc", ".tags")])

    def _strings_of_loops(self) -> list[str]:
        return self._of_loops("doc", ".title") + self._of_loops("doc", ".id") + self._of_loops("word", "")

    def _of_loops(self, kind: str, field: str) -> list[str]:
        return [variable + field for of, variable in self._loops if of == kind]
