"""The command line, one module per noun.

Exit codes: 0 done, 1 refused or nothing found, 2 usage, 3 unavailable. Errors are one sentence on
standard error that says what to do.
"""

from __future__ import annotations

import gc
import importlib
import sys

import click

from idp.errors import IdpError, StoreUnavailable, Unavailable
from keys.errors import HomeUnavailable, KeysError

COMMANDS = {
    "serve": "idp.cli.serve:serve",
    "worker": "idp.cli.serve:worker",
    "demo": "idp.cli.demo:demo",
    "migrate": "idp.cli.migrate:migrate",
    "doctor": "idp.cli.doctor:doctor",
    "member": "idp.cli.member:member",
    "invite": "idp.cli.invite:invite",
    "account": "idp.cli.account:account",
    "mail": "idp.cli.mail:mail",
    "block": "idp.cli.block:block",
    "policy": "idp.cli.policy:policy",
    "keys": "idp.cli.keys:keys",
    "audit": "idp.cli.audit:audit",
    "client": "idp.cli.client:client",
    "scim": "idp.cli.scim:scim",
    "staff": "idp.cli.staff:staff",
    "perform": "idp.cli.perform:perform",
    "backup": "idp.cli.backup:backup",
    "restore": "idp.cli.backup:restore",
}


class Lazy(click.Group):
    """Imports a command when it is asked for, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List the commands in the order of the documentation."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        # What is imported stays: looking for garbage among it takes a sixth of the time.
        gc.disable()
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        finally:
            gc.enable()
        return command


EXIT_CODES = "Exit codes: 0 done, 1 refused or nothing found, 2 usage, 3 unavailable."


@click.command(
    cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES
)
@click.version_option(package_name="kumiai-id")
def idp() -> None:
    """Kumiai ID: an OpenID Connect provider for membership co-operatives."""


def main() -> None:
    """Run a command and leave with its exit code."""
    try:
        result = idp.main(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Exit as left:
        sys.exit(left.exit_code)
    except click.Abort:
        sys.exit(1)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (Unavailable, HomeUnavailable) as outage:
        stores = isinstance(outage, StoreUnavailable | HomeUnavailable)
        later = "when the store answers" if stores else "later"
        _say(f"{getattr(outage, 'detail', '') or outage}; try again {later}")
        sys.exit(3)
    except (IdpError, KeysError) as refused:
        _say(str(getattr(refused, "detail", "") or refused) or type(refused).__name__)
        sys.exit(1)


def _say(sentence: str) -> None:
    click.echo(f"idp: {sentence}", err=True)
