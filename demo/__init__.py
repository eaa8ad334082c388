"""The demo's fictional members and organisation; nothing of it is used by `idp serve`."""
