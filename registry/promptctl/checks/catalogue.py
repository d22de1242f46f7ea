"""Every rule, in the order of the codes: the one list of them."""

from __future__ import annotations

from promptctl.checks import (
    allowed_words,
    assertions,
    byte_order_mark,
    case_ids,
    case_variables,
    context_input,
    dataset_lines,
    dataset_tables,
    duplicate_keys,
    environment_names,
    environment_order,
    environment_twins,
    exact_numbers,
    file_sizes,
    illegal_names,
    input_defaults,
    input_names,
    keys_not_text,
    lfs_pointers,
    margins,
    message_division,
    misplaced_files,
    missing_keys,
    missing_pipeline,
    missing_references,
    missing_suites,
    not_utf8,
    nul_characters,
    number_range,
    outside_values,
    overlapping_names,
    primary_metric,
    providers,
    reference_names,
    reference_targets,
    sample_inputs,
    second_documents,
    sizes,
    special_files,
    template_syntax,
    two_files_of_one_name,
    unclosed_front_matter,
    undefined_names,
    unguarded_inputs,
    unknown_keys,
    unused_inputs,
    value_bounds,
    value_types,
    windows_line_ends,
    yaml_aliases,
    yaml_depth,
    yaml_directives,
    yaml_merge_keys,
    yaml_nodes,
    yaml_syntax,
    yaml_tags,
)
from promptctl.checks.rule import FileRule, PipelineRule, Refusal, RegistryRule, Rule

EVERY: tuple[Refusal, ...] = (
    not_utf8.RULE,
    byte_order_mark.RULE,
    nul_characters.RULE,
    windows_line_ends.RULE,
    file_sizes.RULE,
    special_files.RULE,
    lfs_pointers.RULE,
    illegal_names.RULE,
    two_files_of_one_name.RULE,
    overlapping_names.RULE,
    misplaced_files.RULE,
    unclosed_front_matter.RULE,
    dataset_lines.RULE,
    case_ids.RULE,
    dataset_tables.RULE,
    yaml_syntax.RULE,
    yaml_aliases.RULE,
    yaml_tags.RULE,
    yaml_merge_keys.RULE,
    duplicate_keys.RULE,
    keys_not_text.RULE,
    second_documents.RULE,
    yaml_depth.RULE,
    yaml_nodes.RULE,
    number_range.RULE,
    yaml_directives.RULE,
    unknown_keys.RULE,
    missing_keys.RULE,
    value_types.RULE,
    allowed_words.RULE,
    value_bounds.RULE,
    reference_names.RULE,
    reference_targets.RULE,
    missing_references.RULE,
    message_division.RULE,
    template_syntax.RULE,
    environment_names.RULE,
    environment_twins.RULE,
    environment_order.RULE,
    providers.RULE,
    margins.RULE,
    undefined_names.RULE,
    unguarded_inputs.RULE,
    unused_inputs.RULE,
    input_defaults.RULE,
    outside_values.RULE,
    input_names.RULE,
    context_input.RULE,
    sizes.RULE,
    missing_suites.RULE,
    assertions.RULE,
    primary_metric.RULE,
    case_variables.RULE,
    missing_pipeline.RULE,
    exact_numbers.RULE,
    sample_inputs.RULE,
)
"""One for each code that a finding of a registry can have."""

CATALOGUE = {each.code: each.about for each in EVERY}
"""What must hold, by code."""

SECRETS = frozenset(each.code for each in EVERY if each.hides_source)
"""Found where a secret stands: no line of such a file is printed."""

FILE_RULES = tuple(each for each in EVERY if isinstance(each, FileRule))
"""Look at bytes: every file of a registry is read through them."""

PIPELINE_RULES = tuple(each for each in EVERY if isinstance(each, PipelineRule))
"""Look at `promptctl.yaml`."""

RULES = tuple(each for each in EVERY if isinstance(each, Rule))
"""Look at one artifact and what it reaches."""

REGISTRY_RULES = tuple(each for each in EVERY if isinstance(each, RegistryRule))
"""Compare artifacts that need not know each other."""
