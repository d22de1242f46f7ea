"""The runtime: standard library only, memory only on the hot path, the last good release always kept."""
