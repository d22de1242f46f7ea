"""Where things live: git refs and objects, files, the strict reader, caches."""
