"""What the views are built with, put together once."""

from dataclasses import dataclass

from .access import Access
from .change_requests import ChangeRequests
from .inquiries import Inquiries
from .pages import Pages
from .provider import Provider
from .relying_party import RelyingParty
from .sessions import Sessions
from .settings import Settings
from .sign_ins import SignIns
from .storage import Storage


@dataclass(frozen=True)
class Services:
    """The parts of one portal."""

    settings: Settings
    storage: Storage
    provider: Provider
    relying_party: RelyingParty
    sessions: Sessions
    sign_ins: SignIns
    inquiries: Inquiries
    change_requests: ChangeRequests
    access: Access
    pages: Pages
