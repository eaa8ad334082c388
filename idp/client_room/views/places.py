"""Where the pages of the room are."""

from typing import Final

CLIENTS: Final = "/staff/clients"
NEW: Final = f"{CLIENTS}/new"
ONE: Final = f"{CLIENTS}/<client_id>"
REMOVE: Final = f"{ONE}/remove"
SECRET: Final = f"{ONE}/secret"
DRAW: Final = f"{ONE}/secret/draw"
KEYS: Final = "/staff/keys"
ANNOUNCE: Final = f"{KEYS}/announce"
MOVE: Final = f"{KEYS}/move"
EMERGENCY: Final = f"{KEYS}/emergency"
