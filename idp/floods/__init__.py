"""Floods: refusals of an address over its limit, counted instead of recorded one by one."""
