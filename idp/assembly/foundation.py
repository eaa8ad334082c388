"""What every program needs: stores, keys, the journal, the policy in force."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.accounts.block_notice import BlockNotice
from idp.clients.service import Clients
from idp.clock import Clock, clock_from_file
from idp.errors import SettingsError
from idp.floods.service import Floods
from idp.inforce.service import PolicyInForce
from idp.journal.service import Journal
from idp.lifecycle.endings import Endings
from idp.mails.promise import Mails
from idp.outgoing.addresses import Allowed
from idp.outgoing.door import Outgoing
from idp.proving.service import Proving
from idp.settings import Settings, load_master
from idp.staff.store import name_and_address
from idp.storage.key_vault import EmbeddedHome, SqlHome, find_audit_key, open_home
from idp.storage.migrate import require_current
from idp.storage.sql import Database
from idp.subjects.service import PersonKeys
from idp.throttle.blocking import Blocking
from idp.throttle.gate import Gate
from idp.throttle.lifting import Lifting
from keys.audit_key import unwrap_audit_key
from keys.errors import KeysError
from keys.master import MasterKeys
from keys.vault import Vault

CODE_PURPOSE = "mailed-code"


@dataclass(frozen=True)
class Foundation:
    """What every program needs: stores, keys, the journal, the policy in force."""

    settings: Settings
    clock: Clock
    database: Database
    master: MasterKeys
    persons: PersonKeys
    journal: Journal
    policy: PolicyInForce
    vault: Vault
    clients: Clients
    endings: Endings
    gate: Gate
    proving: Proving
    mails: Mails
    floods: Floods
    lifting: Lifting

    @property
    def home(self) -> EmbeddedHome | SqlHome:
        """Give where the signing ring lies: a folder when embedded, SQL when scaled."""
        return open_home(self.database, self.settings.data)


def build_foundation(settings: Settings, *, restoring: bool = False) -> Foundation:
    """Build what every program needs; a restore works on a database that is closed to others.

    Raises `SettingsError` or `StoreUnavailable` with one sentence that says what to do.
    """
    clock = clock_from_file(settings.clock_file) if settings.clock_file else Clock()
    database = Database(settings.database_url, even_closed=restoring)
    require_current(database)
    master = load_master(settings)
    persons = PersonKeys(database, master)
    journal = Journal(persons)
    policy = PolicyInForce(database)
    vault = Vault(open_home(database, settings.data), master)
    clients = Clients(database, policy, journal, clock, lambda: vault.refresh().algs)
    mails = Mails(master)
    blocking = Blocking(policy, journal, BlockNotice(mails, name_and_address))
    gate = Gate(policy, journal, blocking)
    return Foundation(
        settings,
        clock,
        database,
        master,
        persons,
        journal,
        policy,
        vault,
        clients,
        Endings(clients, journal),
        gate,
        Proving(gate, master.derive_all(CODE_PURPOSE)),
        mails,
        Floods(database, policy, journal),
        Lifting(gate, blocking),
    )


def audit_key(f: Foundation) -> Ed25519PrivateKey:
    """Open the audit key; raises `SettingsError` when it was never made or cannot be opened."""
    with f.database.read() as tx:
        wrapped = find_audit_key(tx)
    if wrapped is None:
        raise SettingsError("there is no audit key; run `idp migrate apply`")
    try:
        return unwrap_audit_key(f.master, wrapped)
    except KeysError as error:
        raise SettingsError(f"the audit key does not open: {error}") from error


def build_outgoing(settings: Settings) -> Outgoing:
    """Build the guarded door; raises `SettingsError` for an entry that cannot be read."""
    try:
        allow = tuple(Allowed.parse(entry) for entry in settings.outgoing_allow)
    except ValueError as error:
        raise SettingsError(f"IDP_OUTGOING_ALLOW: {error}") from None
    pinned = tuple((e.partition("=")[0], e.partition("=")[2]) for e in settings.resolve)
    outgoing = Outgoing(allow, settings.outgoing_ca, pinned)
    try:
        _ = outgoing.tls if settings.outgoing_ca else None
    except OSError as error:
        raise SettingsError(f"IDP_OUTGOING_CA: {settings.outgoing_ca} cannot be read") from error
    return outgoing
