"""Relying parties as the provider knows them."""
