"""JSON Schemas as their authors publish them, from an installed package: nothing is fetched."""

from __future__ import annotations

import json
import sqlite3
from importlib.metadata import distribution
from typing import Any

SARIF = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


def published_schema(identifier: str) -> dict[str, Any]:
    """Return the schema whose `$id` is this.

    The package keeps responses of its site, pickled, in SQLite. The JSON inside is read as it is: importing
    the package would fetch newer ones.
    """
    store = distribution("schemastore").locate_file("schemastore/cache.sqlite")
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
        found = connection.execute(
            "SELECT value FROM responses WHERE instr(value, ?)", (identifier.encode(),)
        ).fetchall()
    connection.close()
    for (value,) in found:
        text = value[value.index(b"_content") :].decode("utf-8", "replace")
        schema, _ = json.JSONDecoder().raw_decode(text, text.index("{\n" if "{\n" in text[:40] else "{\r\n"))
        if schema.get("$id") == identifier:
            return dict(schema)
    raise LookupError(identifier)
