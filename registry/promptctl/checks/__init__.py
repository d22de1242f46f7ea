"""Rules over a whole registry, one file each; `promptctl.checks.catalogue` lists them."""
