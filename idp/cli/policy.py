"""`idp policy`: check a folder, put it in force, see what was in force when."""

from __future__ import annotations

import json
from pathlib import Path

import click

from audit.names import EventName
from idp.acts.policy import parameters_of
from idp.approvals.model import Performed
from idp.assembly.audit_room import build_looking
from idp.assembly.foundation import Foundation
from idp.attempts.explaining import explain as explain_code
from idp.audit_search.model import Criteria
from idp.cli.output import format_option, foundation, operator, say, show
from idp.cli.rehearse import rehearse
from idp.cli.two import BREAK_GLASS, rule_for, say_what_became_of_it, submit
from idp.clients.registration import client_from
from idp.clock import from_micros
from idp.errors import IdpError
from idp.inforce import store
from idp.inforce.service import activate as put_in_force
from idp.inforce.service import read_active
from idp.policy.approvals import ApprovalKind
from idp.policy.differences import differences
from idp.policy.folder import Proposal, read_folder
from idp.policy.limit_rules import advice_on_limits
from idp.settings import read_settings

FOLDER = click.argument("folder", required=False, type=click.Path(path_type=Path))


@click.group()
def policy() -> None:
    """The rules of `policies/*.toml`: proposed in a folder, in force from the database."""


@policy.command(epilog="Example: idp policy check policies")
@FOLDER
@format_option
def check(folder: Path | None, form: str) -> None:
    """Check a policy folder and print its digest."""
    proposed = _read(folder)
    advice = list(advice_on_limits(proposed.policy.limits))
    sentence = f"the policy is well-formed, digest {proposed.digest}"
    content = {"digest": proposed.digest, "advice": advice}
    say(content, "\n".join([sentence, *(f"advice: {one}" for one in advice)]), form)


@policy.command(epilog="Example: idp policy activate policies --reason 'more time for a code'")
@FOLDER
@click.option("--reason", help="Why; needed where a second person is asked.")
@BREAK_GLASS
@format_option
def activate(folder: Path | None, reason: str | None, break_glass: bool, form: str) -> int:
    """Put a policy folder in force on all nodes; `approvals.toml` may ask a second person."""
    proposed = _read(folder)
    f = foundation()
    f.clients.check_policy(proposed.policy)
    kind = ApprovalKind.POLICY_ACTIVATION
    if rule_for(f, kind) is not None and f.policy.digest != proposed.digest:
        done = submit(f, kind, parameters_of(proposed), reason, break_glass)
        content = {"digest": proposed.digest, "activated": isinstance(done, Performed)}
        said = f"{proposed.digest} is now in force"
        return say_what_became_of_it(f, done, content, said, form)
    return _put_in_force(f, proposed, reason, form)


def _put_in_force(f: Foundation, proposed: Proposal, reason: str | None, form: str) -> int:
    who = operator()
    with f.database.begin() as tx:
        about = {"reason": reason} if reason else {}
        done = put_in_force(tx, f.journal, f.clock, proposed, who, str(who.id), about)
    sentence = "is now in force" if done else "was already in force"
    say({"digest": proposed.digest, "activated": done}, f"{proposed.digest} {sentence}", form)
    return 0


@policy.command(epilog="Example: idp policy history")
@format_option
def history(form: str) -> None:
    """List what was in force since when."""
    with foundation().database.read() as tx:
        rows = [
            {"number": number, "digest": digest, "since": from_micros(at), "by": by}
            for number, digest, at, by in store.history(tx)
        ]
    show(rows, ("number", "digest", "since", "by"), form)


@policy.command(epilog="Example: idp policy diff active policies")
@click.argument("old")
@click.argument("new")
@format_option
def diff(old: str, new: str, form: str) -> int:
    """Say in words what changes from OLD to NEW: folders, digests, or `active`."""
    changes = list(differences(_named(old).policy, _named(new).policy))
    if form == "json":
        say({"changes": changes}, "", form)
    else:
        click.echo("\n".join(changes) if changes else "nothing changes")
    return 0


@policy.command(epilog="Example: idp policy explain 7K2MPX9W")
@click.argument("reference")
@format_option
def explain(reference: str, form: str) -> None:
    """Show the rules that one attempt met, with what each had counted: hit or miss."""
    f = foundation()
    with f.database.read() as tx:
        found = explain_code(tx, reference)
    if found is None:
        raise IdpError(f"{reference}: no such reference code")
    about = {"reference": reference[:40], "found": 1}
    build_looking(f).record(EventName.AUDIT_SEARCHED, Criteria(), operator(), about)
    facts = found.attempt.decision if found.attempt else None
    rules = [
        {
            "rule": one.considered.rule.value,
            "counted": one.considered.counted,
            "in_flight": one.considered.in_flight,
            "limit": one.considered.limit,
            "result": "hit" if one.hit else "miss",
        }
        for one in found.rules
    ]
    if found.flooded_by is not None:
        rules.append({"rule": found.flooded_by.value, "result": "hit"})
    if form == "json":
        content = {"ja": found.sentences("ja"), "en": found.sentences("en"), "rules": rules}
        say(content | {"policy": facts.policy if facts else None}, "", form)
        return
    click.echo(f"{found.sentences('ja')}\n{found.sentences('en')}")
    show(rules, ("rule", "counted", "in_flight", "limit", "result"), form)
    if facts is not None:
        click.echo(f"policy {facts.policy}")


policy.add_command(rehearse)


def _named(name: str) -> Proposal:
    """Read a policy by its folder, its digest, or as the one in force."""
    if Path(name).is_dir():
        return read_folder(Path(name))
    f = foundation()
    if name == "active":
        return f.policy.current
    with f.database.read() as tx:
        texts = store.find_text(tx, name)
    if texts is None:
        raise IdpError(f"{name}: neither a folder, nor the digest of a policy that was in force")
    return read_active(json.dumps(texts))


def _read(folder: Path | None) -> Proposal:
    proposed = read_folder(folder or read_settings().policies)
    for client_id, entry in proposed.policy.clients.items():
        client_from(client_id, entry, "policy")
    return proposed
