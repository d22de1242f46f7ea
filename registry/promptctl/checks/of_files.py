"""The rules that look at one file alone: its bytes, or what `promptctl.yaml` and the lists of signers say.

Apart from the catalogue, so that who reads a pipeline loads no rule about prompts.
"""

from __future__ import annotations

from promptctl.checks import (
    bidi_controls,
    byte_order_mark,
    carriage_returns,
    environment_names,
    environment_order,
    environment_twins,
    file_sizes,
    freeze_windows,
    gate_durations,
    group_members,
    group_names,
    identities,
    idle_signers,
    invisible_characters,
    lfs_pointers,
    margins,
    merge_conflicts,
    not_utf8,
    nul_characters,
    outside_values,
    people_and_groups,
    person_names,
    private_characters,
    providers,
    secrets,
    separators,
    shared_identities,
    shared_keys,
    signer_lines,
    signer_names,
    soak_without_after,
    tag_characters,
    terminal_controls,
    time_zones,
    too_few_approvers,
    windows_line_ends,
)

FILE_RULES = (
    not_utf8.RULE,
    byte_order_mark.RULE,
    nul_characters.RULE,
    windows_line_ends.RULE,
    file_sizes.RULE,
    lfs_pointers.RULE,
    carriage_returns.RULE,
    bidi_controls.RULE,
    tag_characters.RULE,
    invisible_characters.RULE,
    secrets.RULE,
    terminal_controls.RULE,
    separators.RULE,
    private_characters.RULE,
    merge_conflicts.RULE,
    outside_values.RULE,
)
"""Look at bytes: every file of a registry is read through them."""

SIGNERS_RULES = (
    signer_lines.RULE,
    signer_names.RULE,
    shared_keys.RULE,
    idle_signers.RULE,
)
"""Look at the files that say who may sign."""

PIPELINE_RULES = (
    environment_names.RULE,
    environment_twins.RULE,
    environment_order.RULE,
    providers.RULE,
    margins.RULE,
    gate_durations.RULE,
    freeze_windows.RULE,
    time_zones.RULE,
    group_members.RULE,
    group_names.RULE,
    soak_without_after.RULE,
    too_few_approvers.RULE,
    identities.RULE,
    shared_identities.RULE,
    people_and_groups.RULE,
    person_names.RULE,
)
"""Look at `promptctl.yaml`."""
