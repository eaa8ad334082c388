"""The policy in force as typed values; the closed sets of names live here."""
