"""Where the pages of the room are, and small things they all read from their address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from flask import request

from idp.block_room.model import is_id
from idp.clock import to_micros
from idp.policy.model import LimitName

BLOCKS: Final = "/staff/blocks"
FIND: Final = f"{BLOCKS}/find"
LIFTED: Final = f"{BLOCKS}/lifted"
MANY: Final = f"{BLOCKS}/many/<rule>"
STOP: Final = f"{BLOCKS}/account"
ONE: Final = f"{BLOCKS}/<block_id>"
LIFT: Final = f"{BLOCKS}/<block_id>/lift"
WEATHER: Final = "/staff/weather"
POLICY: Final = "/staff/policy"
NEW: Final = f"{POLICY}/new"
VERSION: Final = f"{POLICY}/version/<number>"
PROPOSAL: Final = f"{POLICY}/proposals/<proposal_id>"
ACTIVATE: Final = f"{POLICY}/proposals/<proposal_id>/activate"
PAGE: Final = 50


def asked_rule() -> LimitName | None:
    """Give the cause that the address names; None for all of them, and for what is none."""
    named = request.args.get("rule", "")
    return LimitName(named) if named in {one.value for one in LimitName} else None


def asked_before() -> tuple[int, str] | None:
    """Give where a page of a list goes on: (microseconds, id); None for the beginning."""
    at, _, which = request.args.get("before", "").partition("_")
    if at.isascii() and at.isdigit() and len(at) <= 18 and is_id(which):
        return int(at), which
    return None


def older(page: str, at: datetime, block_id: str, kept: Mapping[str, str]) -> str:
    """Address the next page of a list."""
    before = f"{to_micros(at)}_{block_id}"
    return f"{page}?{urlencode({**kept, 'before': before})}"
