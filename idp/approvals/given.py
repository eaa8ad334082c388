"""What an act is told, read strictly: it comes from forms, commands and the API alike."""

from __future__ import annotations

from idp.approvals.model import BadRequest, Parameters, Why


def text(parameters: Parameters, name: str) -> str:
    """Give a text that must be there; raises `BadRequest`."""
    value = parameters.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(Why.NOT_PLAIN)
    return value


def texts(parameters: Parameters, name: str) -> tuple[str, ...]:
    """Give a list of different texts, empty where it is not there; raises `BadRequest`."""
    value = parameters.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise BadRequest(Why.NOT_PLAIN)
    if len(set(value)) != len(value):
        raise BadRequest(Why.NOT_PLAIN)
    return tuple(value)


def number(parameters: Parameters, name: str, least: int, most: int) -> int | None:
    """Give a whole number within bounds, None where it is not there; raises `BadRequest`."""
    value = parameters.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(Why.NOT_PLAIN)
    return value


def only(parameters: Parameters, *names: str) -> None:
    """Refuse what an act does not know: a misspelt limit would not be one."""
    if set(parameters) - set(names):
        raise BadRequest(Why.NOT_PLAIN)
