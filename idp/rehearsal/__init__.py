"""Rehearsal: what another policy would have decided over the attempts that were recorded."""
