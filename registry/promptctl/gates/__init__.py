"""One module per gate: pure functions of evidence."""
