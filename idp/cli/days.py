"""A date on the command line, written in any Japanese way."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from idp.members.errors import BadDate
from idp.members.japan.dates import parse_date


class Day(click.ParamType[date]):
    """Reads 2027-07-31, 2027/7/31, 令和9年7月31日 or R9.7.31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a date, or refuse it as a usage error that says why."""
        if isinstance(value, date):
            return value
        try:
            return parse_date(str(value))
        except BadDate as error:
            self.fail(error.detail, param, ctx)


DAY = Day()
