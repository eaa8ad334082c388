"""The services that search the audit log."""

from __future__ import annotations

from idp.assembly.foundation import Foundation
from idp.audit_search.index import TermIndex
from idp.audit_search.service import AuditSearch


def build_index(f: Foundation) -> TermIndex:
    """Build what keeps the index; an erasure forgets with it."""
    return TermIndex(f.database, f.persons, f.master, f.clock)


def build_search(f: Foundation) -> AuditSearch:
    """Build what searches."""
    return AuditSearch(f.database, f.persons, build_index(f))
