"""The services of the audit room."""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.assembly.audit_search import build_search
from idp.assembly.foundation import Foundation
from idp.audit_room.breach import BreachQuestion
from idp.audit_room.exporting import Exports
from idp.audit_room.looking import Looking
from idp.audit_room.views.reading import ReadingPages
from idp.audit_room.views.searching import SearchPages
from idp.staff.views.console import Console


def build_looking(f: Foundation) -> Looking:
    """Build what searches and views, with the record of it."""
    return Looking(f.database, f.clock, f.journal, build_search(f))


def build_exports(f: Foundation) -> Exports:
    """Build what writes searches out."""
    return Exports(build_looking(f), urlsplit(f.settings.issuer).hostname or "-")


def build_breach(f: Foundation) -> BreachQuestion:
    """Build what answers the question after a breach."""
    return BreachQuestion(f.database, build_search(f))


def build_audit_pages(f: Foundation, console: Console) -> tuple[SearchPages, ReadingPages]:
    """Build the pages of the audit room."""
    looking, exports = build_looking(f), build_exports(f)
    return (
        SearchPages(console, looking, exports),
        ReadingPages(console, looking, build_breach(f), exports),
    )
