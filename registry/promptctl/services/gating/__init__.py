"""What gates are told before they decide: gathered here, one module for each kind of fact."""
