"""Retention: purges, holds, erasures, forks, backups."""

from __future__ import annotations

from idp.assembly.audit_search import build_index
from idp.assembly.foundation import Foundation
from idp.assembly.sealing import audit_key, checkpoint_file
from idp.audit_search.index import TermIndex
from idp.audit_search.term_store import remove_all
from idp.backups.service import Backups
from idp.erasure.record import NAME as ERASED
from idp.erasure.record import ErasedFile
from idp.erasure.service import Eraser
from idp.helpdesk import store as helpdesk
from idp.journal.forks import Forks
from idp.journal.service import Journal
from idp.retention.holds import Holds
from idp.retention.purging import Purger
from idp.retention.telling import CheckpointTelling
from idp.storage.sql import Database
from idp.subjects.service import PersonKeys


def build_purger(f: Foundation) -> Purger:
    """Build what purges the log, in the database role the settings name for it.

    The terms of the search index go with the bodies (`deploy/postgresql/roles.sql` grants it).
    """
    url = f.settings.purge_database_url
    database = Database(url, pool_size=2) if url else f.database
    persons = PersonKeys(database, f.master) if url else f.persons
    journal = Journal(persons) if url else f.journal
    index = TermIndex(database, persons, f.master, f.clock)
    return Purger(
        database,
        f.clock,
        journal,
        persons,
        lambda: f.policy.policy.audit,
        (remove_all,),
        (index.forget,),
    )


def build_holds(f: Foundation) -> Holds:
    """Build what places and lifts legal holds."""
    return Holds(f.database, f.clock, f.journal)


def build_eraser(f: Foundation) -> Eraser:
    """Build what erases people."""
    return Eraser(
        f.database,
        f.clock,
        f.journal,
        f.persons,
        f.endings,
        f.mails,
        erased_file(f),
        (build_index(f).forget, helpdesk.forget),
    )


def erased_file(f: Foundation) -> ErasedFile:
    """Name the file of erased persons outside of the database."""
    return ErasedFile(f.settings.data / ERASED)


def build_forks(f: Foundation) -> Forks:
    """Build what records that the log goes on from an older state."""
    return Forks(f.database, f.clock, f.journal, checkpoint_file(f))


def build_backups(f: Foundation) -> Backups:
    """Build what makes backups."""
    return Backups(
        f.database,
        f.clock,
        f.journal,
        f.settings.data,
        f.master.current_id,
        lambda: audit_key(f),
    )


def build_telling(f: Foundation) -> CheckpointTelling:
    """Build what tells checkpoints outside."""
    return CheckpointTelling(f.database, f.clock, lambda: f.policy.policy.audit, f.mails)
