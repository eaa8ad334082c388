"""The relying parties of the demo: the member portal and the digital membership card.

Each is a program of its own. Neither imports the provider (`idp`), the log (`audit`) or `keys`.
"""
