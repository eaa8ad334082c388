"""Evidence packs for the auditors of an ISMS: figures of a period, signed, the same every time."""
