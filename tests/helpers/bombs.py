"""Small files that would grow: each is refused, or merely much, and costs nothing either way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MIB = 1024 * 1024
PIPELINE = "environments:\n  - name: dev\n"
ANSWER = "---\ninputs: {question: {kind: string, required: true}}\n---\n# user:\n{{ question }}\n"


def _front(text: str, body: str = "x\n") -> str:
    return f"---\n{text}\n---\n{body}"


def _aliases() -> str:
    lines = ["a0: &a0 [x, x]", *(f"a{at}: &a{at} [*a{at - 1}, *a{at - 1}]" for at in range(1, 40))]
    return "\n".join(lines) + "\n"


def _includes() -> dict[str, str]:
    """Ten thousand times a text of 2 kB, by five levels of partials that include the next ten times."""
    partials = {f"partials/p{at}.md": f'{{% include "p{at + 1}" %}}' * 10 for at in range(4)}
    prompt = _front("description: x", '# user:\n{% include "p0" %}\n')
    return {**partials, "partials/p4.md": "{{ 'x' }}" + "y" * 2_000, "prompts/a.md": prompt}


def _loops(depth: int) -> str:
    inputs = "inputs: {rows: {kind: array, default: [" + "1, " * 1_000 + "1]}}"
    return _front(inputs, "{% for row in rows %}" * depth + "{{ row }}" + "{% endfor %}" * depth + "\n")


def _growing(times: int) -> str:
    return '# user:\n{{ "aa"' + ' | replace("a", "aaaaaaaaaaaaaaaa")' * times + " }}\n"


def _keys(count: int) -> str:
    return "".join(f"k{at}: 1\n" for at in range(count))


def _wide(count: int) -> str:
    return "id," + ",".join(f"c{at}" for at in range(count))


def _words(count: int) -> str:
    return ", ".join(f"v{at}" for at in range(count))


def _judged(assertions: str, cases: int) -> dict[str, str]:
    return {
        "prompts/a.md": ANSWER,
        "evals/a.yaml": f"target: prompts/a\ndataset: a\nassert:\n{assertions}",
        "datasets/a.jsonl": "".join(f'{{"id":"{at}","vars":{{"question":"{at}"}}}}\n' for at in range(cases)),
    }


# What the files are, and the codes of which one must be found; none where it is merely much.
BOMBS: Mapping[str, tuple[Callable[[], Mapping[str, str | bytes]], str]] = {
    "YAML aliases that double forty times": (lambda: {"rag_configs/a.yaml": _aliases()}, "PC021"),
    "the same in front matter": (lambda: {"prompts/a.md": _front(_aliases().strip())}, "PC021"),
    "YAML 100,000 deep": (lambda: {"rag_configs/a.yaml": "a: " + "[" * 100_000}, "PC027"),
    "YAML 100,000 deep, in blocks": (lambda: {"rag_configs/a.yaml": "- " * 100_000 + "x\n"}, "PC027"),
    "YAML 100,000 keys deep": (lambda: {"rag_configs/a.yaml": "{a: " * 100_000}, "PC027"),
    "YAML 100,000 complex keys deep": (lambda: {"rag_configs/a.yaml": "? " * 100_000 + "x\n"}, "PC025"),
    "a number of 6,000 digits": (lambda: {"rag_configs/a.yaml": "top_k: " + "9" * 6_000 + "\n"}, "PC029"),
    "a number of 6,000 hexadecimal digits": (
        lambda: {"rag_configs/a.yaml": "a: 0x" + "f" * 6_000 + "\n"},
        "PC029",
    ),
    "a number of a million digits": (lambda: {"rag_configs/a.yaml": "a: " + "9" * 1_000_000 + "\n"}, "PC029"),
    "a number of 6,000 digits in JSON": (
        lambda: {"datasets/a.jsonl": '{"id": ' + "9" * 6_000 + "}\n"},
        "PC017",
    ),
    "a number of 6,000 digits in a template": (
        lambda: {"prompts/a.md": "{{ " + "9" * 6_000 + " }}\n"},
        "PC061",
    ),
    "a line of 100 MB": (lambda: {"prompts/a.md": b"x" * 100_000_000}, "PC005"),
    "a dataset of 100 MB": (lambda: {"datasets/a.jsonl": b"x" * 100_000_000}, "PC005"),
    "a pipeline of 100 MB": (lambda: {"promptctl.yaml": b"x" * 100_000_000}, "PC005"),
    "a line of 1 MiB": (lambda: {"rag_configs/a.yaml": "a: " + "x" * (MIB - 4) + "\n"}, "PC040"),
    "one line, over and over, to 1 MiB": (lambda: {"rag_configs/a.yaml": "a: 1\n" * (MIB // 5)}, "PC024"),
    "a million keys": (lambda: {"rag_configs/a.yaml": _keys(1_000_000)}, "PC005"),
    "100,000 keys": (
        lambda: {"rag_configs/a.yaml": "metadata:\n" + _keys(90_000).replace("k", " k")},
        "PC028",
    ),
    "100,000 keys of JSON, the last twice": (
        lambda: {
            "datasets/a.jsonl": "{" + ", ".join(f'"k{at}": 1' for at in range(65_000)) + ', "k64999": 2}'
        },
        "PC017",
    ),
    "JSON 100,000 deep": (lambda: {"datasets/a.jsonl": '{"a":' * 100_000}, "PC017"),
    "one loop over a thousand values, nine deep": (lambda: {"prompts/a.md": _loops(9)}, "PC115"),
    "three loops, a thousand million turns": (lambda: {"prompts/a.md": _loops(3)}, "PC115"),
    "loops 5,000 deep": (lambda: {"prompts/a.md": _loops(5_000)}, "PC061"),
    "partials that include each other ten times at five levels": (_includes, "PC061"),
    "partials in a circle": (
        lambda: {"partials/a.md": '{% include "b" %}' * 10, "partials/b.md": '{% include "a" %}' * 10},
        "PC061",
    ),
    "20,000 tags": (lambda: {"prompts/a.md": _front("description: x", "{{ 'x' }}" * 20_000)}, "PC061"),
    "200,000 tags that are never closed": (lambda: {"prompts/a.md": "{{" * 200_000 + "\n"}, "PC061"),
    "200,000 comments that are never closed": (lambda: {"prompts/a.md": "{#" * 200_000 + "\n"}, "PC061"),
    "an expression 5,000 deep": (
        lambda: {"prompts/a.md": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}\n"},
        "PC061",
    ),
    "5,000 filters in a row": (lambda: {"prompts/a.md": "{{ 'a'" + " | upper" * 5_000 + " }}\n"}, "PC061"),
    "100,000 times not": (lambda: {"prompts/a.md": "{{ " + "not " * 100_000 + "true }}\n"}, "PC061"),
    "a text that replace makes sixteen times longer, again and again": (
        lambda: {"prompts/a.md": _growing(20)},
        "PC115",
    ),
    "170,000 role markers": (lambda: {"prompts/a.md": "user:\n" * 170_000}, "PC060"),
    "a marker behind 500,000 blanks": (
        lambda: {"prompts/a.md": " " * 500_000 + "user" + " " * 500_000 + "x"},
        "",
    ),
    "200,000 fences": (lambda: {"prompts/a.md": "---\n" * 200_000}, ""),
    "a cell of 1 MB": (lambda: {"datasets/a.csv": "id,q\na," + "x" * 1_000_000}, "PC019"),
    "90,000 tiny rows": (
        lambda: {"datasets/a.csv": "id,q\n" + "".join(f"{at},b\n" for at in range(90_000))},
        "PC019",
    ),
    "250,000 rows of the same id": (lambda: {"datasets/a.csv": "id,q\n" + "a,b\n" * 250_000}, "PC018"),
    "140,000 columns": (lambda: {"datasets/a.csv": _wide(140_000) + "\n"}, ""),
    "140,000 columns, the last twice": (lambda: {"datasets/a.csv": _wide(140_000) + ",c139999\n"}, "PC019"),
    "300,000 columns of one name": (lambda: {"datasets/a.csv": "id," + "a," * 300_000 + "\n"}, "PC019"),
    "60,000 tiny cases": (
        lambda: {"datasets/a.jsonl": "".join(f'{{"id": "{at}"}}\n' for at in range(60_000))},
        "PC017",
    ),
    "500,000 quotes": (lambda: {"datasets/a.csv": 'id,q\na,"' + '""' * 500_000}, "PC019"),
    "a pattern that never ends": (
        lambda: {
            "evals/a.yaml": (
                "target: prompts/a\ndataset: a\n"
                "assert: [{type: regex, value: '((a{1,900}){1,900}){1,900}'}]\n"
            ),
            "prompts/a.md": ANSWER,
            "datasets/a.jsonl": '{"id": "a", "vars": {"question": "x"}}\n',
        },
        "PC110",
    ),
    "a name of 4,000 characters": (
        lambda: {"prompts/" + "/".join(["a" * 200] * 18) + "/x.md": "x\n"},
        "PC008",
    ),
    "a key of 500,000 characters": (lambda: {"rag_configs/a.yaml": "a" * 500_000 + ": 1\n"}, ""),
    "200,000 hidden characters": (lambda: {"prompts/a.md": "\u202e" * 200_000}, "PC077"),
    "a million backslashes in quotes": (
        lambda: {"rag_configs/a.yaml": 'a: "' + "\\" * 1_000_000 + '"\n'},
        "",
    ),
    "50,000 inputs": (
        lambda: {
            "prompts/a.md": _front("inputs: {" + "".join(f"k{at}: {{}}, " for at in range(16_000)) + "}")
        },
        "",
    ),
    "an id prefix of a key, 50,000 times": (lambda: {"prompts/a.md": "sk-" * 300_000}, ""),
    "5,000 assertions that 20,000 cases fill in": (
        lambda: _judged("- {type: contains, value: '{{ vars.question }}!'}\n" * 5_000, 20_000),
        "PC110",
    ),
    "5,000 assertions for 20,000 cases": (
        lambda: _judged("- {type: contains, value: x}\n" * 5_000, 20_000),
        "",
    ),
    "an assertion that loops in every case": (
        lambda: _judged("- {type: contains, value: '{% for a in vars.question %}a{% endfor %}'}\n", 20_000),
        "PC110",
    ),
    "40,000 allowed values": (
        lambda: {"prompts/a.md": _front("inputs: {a: {kind: string, enumValues: [" + _words(40_000) + "]}}")},
        "",
    ),
    "the same tool 9,000 times": (
        lambda: {"tool_policies/a.yaml": "tools:\n" + "- {name: t.a, access: write}\n" * 9_000},
        "PC146",
    ),
    "7,000 environments after others that do not exist": (
        lambda: {
            "promptctl.yaml": "environments:\n"
            + "".join(f"- {{name: e{at}, after: x{at}}}\n" for at in range(7_000))
        },
        "PC072",
    ),
    "4,900 names that nobody declared": (
        lambda: {"prompts/a.md": "# user:\n" + "".join(f"{{{{ x{at} }}}}" for at in range(4_900))},
        "PC101",
    ),
    "fences 100,000 deep around what end users write": (
        lambda: {
            "prompts/a.md": _front(
                "inputs: {q: {kind: string, required: true, trust: end_user}}",
                "# user:\n" + "<q>" * 100_000 + "{{ q }}" + "</q>" * 100_000,
            )
        },
        "PC120",
    ),
    "31 filters in a row, beside what end users write": (
        lambda: {
            "prompts/a.md": _front(
                "inputs: {q: {kind: string, required: true, trust: end_user}}",
                "# user:\n<q>{{ q }}</q>{{ 'a'" + " | replace('a', 'b')" * 31 + " }}\n",
            )
        },
        "",
    ),
    "base64 to 1 MiB": (lambda: {"prompts/a.md": "aB1/" * (MIB // 4)}, ""),
}
