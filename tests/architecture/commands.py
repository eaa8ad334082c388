"""The command line as a tree of click commands."""

from __future__ import annotations

from collections.abc import Iterator

import click

from idp.cli import COMMANDS, idp

EXAMPLE = "Example: "


def every_command() -> list[tuple[tuple[str, ...], click.Command]]:
    """Give every command that does something, with the words that call it."""
    return list(_walk(("idp",), idp))


def _walk(
    words: tuple[str, ...], command: click.Command
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    names = COMMANDS if command is idp else command.list_commands(context)
    for name in names:
        found = command.get_command(context, name)
        assert found is not None, name
        yield from _walk((*words, name), found)


def example_of(command: click.Command) -> str:
    """Give the example of a command's help, or nothing."""
    epilog = command.epilog or ""
    return epilog.removeprefix(EXAMPLE) if epilog.startswith(EXAMPLE) else ""


def sentence_of(command: click.Command) -> str:
    """Give the first paragraph of a command's help in one line."""
    return " ".join((command.help or "").split("\n\n")[0].split())
