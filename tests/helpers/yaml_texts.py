"""YAML as people write it, made at random from a seed: odd indentation, comments in odd places, long scalars.

Most of it can be read strictly; what cannot be is for the caller to pass over.
"""

from __future__ import annotations

from random import Random

_COMMENTS = ("# c", "#c", "#  é 😀", "# - x: 1", "# 'quote", "#")
_SCALARS = (
    "a", "b c", "1.10", "'1.10'", "0x1F", "1e3", "~", "null", "true", "yes", "012", "é😀", "x#y",
    "http://a:1", "'it''s'", '"\\u00e9 \\t"', '"#"', "'a: b'", '""', "a-b", "'%'", "'- x'", "2026-01-01",
)  # fmt: skip
_KEYS = ("a", "bb", "ccc", "d d", "'e'", '"f#"', "é")
_TEXTS = ("text", "# no comment", "- x", "a: b  ", "é", "{{ x }}", "\ttab")


class Writer:
    """Writes one document after another."""

    def __init__(self, random: Random) -> None:
        self.pick = random.choice
        self.chance = random.random
        self.sample = random.sample
        self.is_broken = False

    def document(self) -> str:
        text = self.between(0) + self.mapping(self.pick([0, 0, 0, 2]), 0) + self.between(0)
        return text.rstrip("\n") if self.chance() < 0.1 else text

    def mapping(self, column: int, depth: int) -> str:
        keys = self.sample(_KEYS, self.pick([1, 2, 3, 4]))
        entries = [
            f"{' ' * column}{key}{self.pick(['', '', '', ' '])}:{self.node(column, depth)}" for key in keys
        ]
        return self.joined(entries, column)

    def list_(self, column: int, depth: int) -> str:
        return self.joined([self.item(column, depth) for _ in range(self.pick([1, 2, 3]))], column)

    def item(self, column: int, depth: int) -> str:
        chance, inner = self.chance(), column + 1 + self.pick([1, 2, 3])
        if depth < 4 and chance < 0.35:
            below = (self.mapping if chance < 0.25 else self.list_)(inner, depth + 1)
            return f"{' ' * column}-{' ' * (inner - column - 1)}{below[inner:]}"
        return f"{' ' * column}-{self.node(column, depth, least=1)}"

    def joined(self, entries: list[str], column: int) -> str:
        return entries[0] + "".join(self.between(column) + each for each in entries[1:])

    def node(self, column: int, depth: int, least: int = 0) -> str:
        """What stands behind a colon or a dash, with its line end."""
        chance, self.is_broken = self.chance(), self.chance() < 0.4
        if depth < 4 and chance < 0.25:
            inner = column + self.pick([1, 2, 4])
            return f"{self.trailing()}\n{self.between(inner)}{self.mapping(inner, depth + 1)}"
        if depth < 4 and chance < 0.45:
            inner = column + self.pick([least, 2, 4])
            return f"{self.trailing()}\n{self.between(inner)}{self.list_(inner, depth + 1)}"
        if chance < 0.55:
            return f" {self.block_scalar(column)}"
        if chance < 0.65:
            return f" {self.lines(column)}{self.trailing()}\n"
        if chance < 0.8:
            return f"{self.pick([' ', '   '])}{self.flow(0)}{self.trailing()}\n"
        if chance < 0.85:
            return f"\n{self.between(column)}{' ' * (column + 3)}{self.pick(_SCALARS)}{self.trailing()}\n"
        if chance < 0.9:
            return f"{self.trailing()}\n"
        return f"{self.pick([' ', '  ', '    '])}{self.pick(_SCALARS)}{self.trailing()}\n"

    def block_scalar(self, column: int) -> str:
        header, step = self.pick("|>") + self.pick(["", "", "-", "+"]), self.pick([1, 2, 4])
        explicit = self.chance() < 0.2
        inner = " " * (column + step)
        lines = [self.block_line(inner) for _ in range(self.pick(range(5)))]
        if explicit:
            header += str(step)
            lines = [f"{inner}  begin", *lines]
        return header + self.pick(["", " ", " # head"]) + "\n" + "".join(f"{line}\n" for line in lines)

    def block_line(self, inner: str) -> str:
        chance = self.chance()
        if chance < 0.2:
            return self.pick(["", inner[1:], f"{inner}  "])
        return inner + self.pick(["", "", "  "]) + self.pick(_TEXTS)

    def lines(self, column: int) -> str:
        """A scalar of several lines."""
        inner = [" " * (column + self.pick([1, 2, 3, 5])) for _ in range(3)]
        blank = self.pick(["", "\n", "  \n"])
        return self.pick(
            [
                f"long\n{inner[0]}text{self.pick(['', '  '])}\n{blank}{inner[1]}end",
                f"'it\n{blank}{inner[0]}''s # no\n{inner[1]}x'",
                f'"a \\\n{inner[0]}b\\ \n{inner[1]}\\  c  \n{blank}{inner[2]}d"',
            ]
        )

    def flow(self, depth: int) -> str:
        if self.chance() < 0.5:
            items = [self.flow_item(depth) for _ in range(self.pick(range(4)))]
            return f"[{self.flow_space()}{self.commas(items)}{self.flow_space()}]"
        keys = self.sample(_KEYS, self.pick(range(4)))
        items = [f"{key}:{self.pick([' ', '  '])}{self.flow_item(depth)}" for key in keys]
        return f"{{{self.flow_space()}{self.commas(items)}{self.flow_space()}}}"

    def commas(self, items: list[str]) -> str:
        joined = "".join(f"{each}{self.flow_space()},{self.flow_space()}" for each in items[:-1])
        return joined + "".join(items[-1:]) + self.pick(["", "", ","] if items else [""])

    def flow_item(self, depth: int) -> str:
        return self.flow(depth + 1) if depth < 3 and self.chance() < 0.3 else self.pick(_SCALARS)

    def flow_space(self) -> str:
        if not self.is_broken or self.chance() < 0.4:
            return self.pick(["", "", " ", "  "])
        comment = f" {self.pick(_COMMENTS)}" if self.chance() < 0.2 else ""
        return f"{comment}\n{' ' * self.pick([1, 4, 8, 20])}"

    def trailing(self) -> str:
        comment = self.pick(_COMMENTS)
        return self.pick(["", "", "", "", f"  {comment}", f" {comment}", f"      {comment}", "  ", "\t# tab"])

    def between(self, column: int) -> str:
        comment = " " * self.pick([0, 2, 4, column, column]) + self.pick(_COMMENTS)
        return "".join(self.pick(["\n", "   \n", f"{comment}\n"]) for _ in range(self.pick([0, 0, 0, 1, 3])))
