"""Every code that a finding can have, and every rule: the one list of them."""

from __future__ import annotations

from promptctl.checks import (
    assertions,
    case_variables,
    context_input,
    declared_shapes,
    exact_numbers,
    filtered_context,
    input_defaults,
    input_names,
    instructing_inputs,
    missing_pipeline,
    missing_suites,
    outside_values,
    primary_metric,
    sample_inputs,
    sizes,
    trust_of_threads,
    undefined_names,
    unfenced_inputs,
    unguarded_inputs,
    unused_inputs,
)

FILE_RULES = (outside_values.RULE,)
"""Look at bytes: the readers run them on every file."""

SECRETS = frozenset({"PC080"})
"""Found where a secret stands: no line of such a file is printed."""

RULES = (
    undefined_names.RULE,
    unguarded_inputs.RULE,
    unused_inputs.RULE,
    input_defaults.RULE,
    input_names.RULE,
    context_input.RULE,
    sizes.RULE,
    assertions.RULE,
    primary_metric.RULE,
    case_variables.RULE,
    exact_numbers.RULE,
    sample_inputs.RULE,
    unfenced_inputs.RULE,
    instructing_inputs.RULE,
    filtered_context.RULE,
    trust_of_threads.RULE,
    declared_shapes.RULE,
)
"""Look at one artifact and what it reaches."""

REGISTRY_RULES = (missing_suites.RULE, missing_pipeline.RULE)
"""Compare artifacts that need not know each other."""

READING = {
    "PC001": "a file is UTF-8",
    "PC002": "a file begins without a byte order mark",
    "PC003": "a file holds no NUL character",
    "PC004": "lines end with LF",
    "PC005": "a file is no larger than 1 MiB",
    "PC006": "a file is a regular one, no symlink or submodule",
    "PC007": "a file is there itself, not as a pointer of Git LFS",
    "PC008": "a file's path gives its artifact a legal name",
    "PC009": "one name has one file",
    "PC010": "names differ in more than case, and none is a folder of another",
    "PC011": "a folder holds files of its kind",
    "PC015": "front matter ends with a line that is exactly ---",
    "PC017": "every line of a dataset is one strict JSON object",
    "PC018": "every case has an id of its own",
    "PC019": "a dataset in CSV is well-formed and has the column id",
    "PC020": "YAML is well-formed",
    "PC021": "YAML has no anchors and aliases",
    "PC022": "YAML has no tags",
    "PC023": "YAML has no merge keys",
    "PC024": "a key is given once",
    "PC025": "keys are text",
    "PC026": "a file holds one YAML document",
    "PC027": "YAML is nested no deeper than 32 levels",
    "PC028": "YAML has no more than 50,000 nodes",
    "PC029": "numbers are finite, whole ones at most 2^53−1",
    "PC030": "YAML has no directives",
    "PC040": "keys are known",
    "PC041": "required keys are given",
    "PC042": "values have the right type",
    "PC043": "words are among those that are allowed",
    "PC044": "numbers are within their bounds",
    "PC050": "a reference is a name",
    "PC051": "a reference names an artifact that may stand there",
    "PC052": "a reference names an artifact that exists",
    "PC060": "a body divides into messages",
    "PC061": "a template can be parsed",
    "PC070": "an environment has a legal name",
    "PC071": "environments have different names",
    "PC072": "`after` names an environment that stands before",
    "PC073": "a provider is declared, once, with an address",
    "PC074": "a margin lies between 0 and 1",
}
"""What reading refuses, before any rule looks at the registry."""

CATALOGUE = READING | {each.code: each.about for each in (*FILE_RULES, *RULES, *REGISTRY_RULES)}
