"""Acts that policy may send to a second person and that no single room of the console owns.

The staff itself, the policy, the audit log's retention, keys in an emergency. Acts of a room stand
in the room's own package; all of them are listed in `idp.assembly.approvals`.
"""
