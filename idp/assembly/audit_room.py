"""The services of the audit room."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from idp.assembly.audit_search import build_index, build_search
from idp.assembly.foundation import Foundation
from idp.audit_room.abandoned import Abandoned
from idp.audit_room.breach import BreachQuestion
from idp.audit_room.exporting import Exports
from idp.audit_room.keeping import Keeping
from idp.audit_room.looking import Looking
from idp.audit_room.review_results import ReviewResults
from idp.audit_room.review_vault import ReviewVault
from idp.audit_room.reviews import Reviews
from idp.audit_room.signing import SignOffs
from idp.audit_room.views.keeping import KeepingPages
from idp.audit_room.views.reading import ReadingPages
from idp.audit_room.views.review_files import ReviewFiles
from idp.audit_room.views.reviewing import ReviewPages
from idp.audit_room.views.room import RoomDesk
from idp.audit_room.views.searching import SearchPages
from idp.journal.service import Journal
from idp.staff.second_step import StaffSecondStep
from idp.staff.views.console import Console
from idp.storage.sql import Database
from idp.subjects.service import PersonKeys


def build_looking(f: Foundation) -> Looking:
    """Build what searches and views, with the record of it."""
    return Looking(f.database, f.clock, f.journal, build_search(f))


def build_exports(f: Foundation) -> Exports:
    """Build what writes searches out."""
    return Exports(build_looking(f), urlsplit(f.settings.issuer).hostname or "-")


def build_breach(f: Foundation) -> BreachQuestion:
    """Build what answers the question after a breach."""
    return BreachQuestion(f.database, build_search(f))


def build_abandoned(f: Foundation) -> Abandoned:
    """Build what tells of exports that were killed."""
    return Abandoned(f.database, f.clock, f.policy, f.journal)


def build_reviews(f: Foundation) -> Reviews:
    """Build what keeps saved reviews."""
    results = ReviewResults(f.database, build_search(f))
    return Reviews(f.database, f.clock, f.journal, ReviewVault(f.persons), results)


def build_sign_offs(f: Foundation) -> SignOffs:
    """Build what signs them off."""
    return SignOffs(build_reviews(f), lambda: f.policy.policy.audit.room.review_events)


def build_keeping(f: Foundation) -> Keeping:
    """Build what shows holds and purges."""
    return Keeping(f.database)


Pages = tuple[SearchPages, ReadingPages, ReviewFiles, ReviewPages, KeepingPages]


def in_room(f: Foundation) -> Foundation:
    """Give the foundation on the database role of the room, where the settings name one."""
    url = f.settings.room_database_url
    if not url:
        return f
    with f.database.read() as tx:
        build_index(f).state(tx)  # the room reads the key of the index, and may not draw it
    database = Database(url)
    persons = PersonKeys(database, f.master)
    return replace(f, database=database, persons=persons, journal=Journal(persons))


def build_audit_pages(f: Foundation, console: Console, step: StaffSecondStep) -> Pages:
    """Build the pages of the audit room; `step` takes codes where somebody signs."""
    f = in_room(f)
    desk, exports, sign_offs = (
        RoomDesk(console, build_looking(f)),
        build_exports(f),
        build_sign_offs(f),
    )
    return (
        SearchPages(desk, exports),
        ReadingPages(desk, build_breach(f), exports),
        ReviewFiles(desk, sign_offs.reviews, exports),
        ReviewPages(desk, sign_offs.reviews, sign_offs, step),
        KeepingPages(desk, build_keeping(f)),
    )
