"""What a render writes on, counted while it grows and never only at the end."""

from __future__ import annotations

from promptctl.errors import TemplateError

PIECES_HELD = 1024
CHARACTERS_HELD = 16_384


class Sheet(list[str]):
    """The pieces of one render that were not counted yet, in order.

    Whoever appends a piece of more than `CHARACTERS_HELD` characters, or sees more than `PIECES_HELD` pieces
    at the end of an iteration, settles: so what is held is small against the limit, whatever the inputs.
    """

    settled: list[str] | None = None
    size_bytes: int = 0
    iterations: int = 0
    work: int = 0

    def settle(self, size_limit: int) -> None:
        """Join and count what is held. Raises `TemplateError` beyond `size_limit` bytes in all."""
        if self.size_bytes + sum(map(len, self)) > size_limit:
            raise _too_large(size_limit)
        text = "".join(self)
        self.clear()
        try:
            self.size_bytes += len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise TemplateError("a value holds half of a surrogate pair, which is no text") from None
        if self.size_bytes > size_limit:
            raise _too_large(size_limit)
        self.settled = self.settled or []
        self.settled.append(text)

    def text(self, size_limit: int) -> str:
        """Everything written. Most renders are short and ASCII, and counted here for the first time."""
        if self.settled is None:
            text = "".join(self)
            if len(text) <= size_limit and text.isascii():
                return text
        self.settle(size_limit)
        return "".join(self.settled or ())


def _too_large(size_limit: int) -> TemplateError:
    message = f"the rendered text grows beyond {size_limit:,} bytes"
    return TemplateError(message, hint="give it less: shorter values, or fewer of them")
