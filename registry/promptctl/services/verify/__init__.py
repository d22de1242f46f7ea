"""Recompute what environments, releases and evidence claim, from bytes; one module per subject."""
