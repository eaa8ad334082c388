"""Blocks: who may not try what until when, by which rule, and who lifted it. Never deleted."""
