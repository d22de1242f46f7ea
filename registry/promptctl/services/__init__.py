"""What promptctl does: one module per verb."""
