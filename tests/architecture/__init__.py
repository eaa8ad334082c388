"""Promises about the tree itself: imports, names, sizes, generated files, what stands written."""
