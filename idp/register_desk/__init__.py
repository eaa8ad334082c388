"""The clerks' desk: the register as pages, and the acts on many members that two persons decide.

What is a fact of membership, and what follows from it, is decided below (`idp.members`,
`idp.changes`, `idp.invitations`); this package finds, shows, previews and hands over.
"""
