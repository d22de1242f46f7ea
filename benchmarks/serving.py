"""What P8, P9 and P10 serve: one support prompt of 3 KB with six inputs, and its context template."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import promptctl
from promptctl.sdk.cache import Cache, environment_key

NAME = "support-answer"
ADDRESS = f"prompts/{NAME}"
ENVIRONMENT = "prod"
URL = "file:///nowhere/registry.git"

_RULE = (
    "Answer from the passages only, name the id of each one you used, and never promise a date of delivery. "
)
SYSTEM = (
    "You help the customers of {{ shop }}. Reply in {{ locale }}.\n"
    + _RULE * 20
    + "\n{% if vip %}This customer may return anything for 100 days.\n{% endif %}"
    "<passages>\n{{ context }}\n</passages>\n" + _RULE * 7
)
USER = "{{ user_name }} asks: {{ question }}\n"
PASSAGES = (
    "{% for doc in documents %}[{{ doc.id }}] {{ doc.title }}\n{{ doc.content }}\n"
    "{% if not loop.last %}---\n{% endif %}{% endfor %}"
)
VALUES = {
    "shop": "Oak & Ash",
    "locale": "en",
    "vip": True,
    "user_name": "Ada",
    "question": "Can I return a sofa that I have sat on for a week, and who pays for the van?",
}
DOCUMENTS = [
    {"id": f"kb-{number}", "title": f"Returns, part {number}", "content": "A sofa may come back. " * 12}
    for number in range(5)
]


def bundle() -> bytes:
    """Return the bytes of the prompt's bundle."""
    text = {"kind": "string", "required": True}
    document = {
        "kind": "object",
        "properties": {name: {"kind": "string"} for name in ("id", "title", "content")},
    }
    prompt = {
        "inputs": {
            **dict.fromkeys(("shop", "user_name", "question", "context"), text),
            "locale": {"kind": "string", "default": "en", "enumValues": ["en", "de"]},
            "vip": {"kind": "boolean", "default": False},
        },
        "messages": [{"role": "system", "text": SYSTEM}, {"role": "user", "text": USER}],
        "uses": {"context_template": "context_templates/passages"},
    }
    template = {
        "inputs": {"documents": {"kind": "array", "required": True, "items": document}},
        "text": PASSAGES,
    }
    artifacts = {ADDRESS: prompt, "context_templates/passages": template}
    plain = {"schema": "promptctl.bundle/v1", "root": ADDRESS, "artifacts": artifacts}
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def files() -> Mapping[str, bytes]:
    """Return the files of an environment in which the prompt serves."""
    content = bundle()
    pin: dict[str, Any] = {
        **dict.fromkeys(("tag_object", "commit", "tree"), "0" * 40),
        "tag": f"refs/tags/{ADDRESS}/v1.0.0",
        "since": "2026-11-22T12:00:00Z",
        "by": "ada@acme.example",
        "version": "1.0.0",
        "digest": "sha256:" + hashlib.sha256(content).hexdigest(),
        "previous": [],
    }
    lock = {
        "schema": "promptctl.lock/v1",
        "environment": ENVIRONMENT,
        "sequence": 1,
        "pins": {ADDRESS: pin},
        "holds": [],
    }
    return {"lock.json": json.dumps(lock).encode(), f"releases/{ADDRESS}/bundle.json": content}


def fill_cache(directory: Path) -> None:
    """Leave in `directory` what a process that had served the environment would have left."""
    Cache(directory, URL).write(environment_key(ENVIRONMENT), {"commit": b"0" * 40, **files()})


def connected(cache: Path) -> promptctl.Registry:
    """Return a handle that serves from a filled cache, and never looks for more."""
    return promptctl.connect(URL, environment=ENVIRONMENT, cache_dir=cache, timeout=0, refresh=None)
