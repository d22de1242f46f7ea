"""What changed in meaning from one bundle, or suite, to another. Pure."""
