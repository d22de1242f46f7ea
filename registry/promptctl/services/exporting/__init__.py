"""Export: a prompt becomes a file of another tool; what that tool cannot say is said."""
