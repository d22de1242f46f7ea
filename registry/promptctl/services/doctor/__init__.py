"""What is wrong with a clone, its remote and its configuration: one file per check."""
