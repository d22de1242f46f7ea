"""Import: files of other tools become files of a registry; what cannot be carried over is said."""
