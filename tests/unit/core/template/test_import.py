from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import sys
from promptctl.core.template import parse
text = parse("{% for d in ds %}{{ d.x | upper }}{% endfor %}").compile()({"ds": [{"x": "a"}]})
late = {"typing", "difflib", "promptctl.core.template.printer", "promptctl.core.template.names"}
print(text, sorted(late & set(sys.modules)))
"""


def test_parsing_and_rendering_import_nothing_that_costs_a_runtime_its_start() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout == "A []\n"
