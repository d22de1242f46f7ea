"""What people write: validation, references, bundles, findings, evidence, the pipeline. Pure."""
