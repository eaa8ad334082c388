"""The services behind the member's own account pages, from the address to stopping."""

from __future__ import annotations

from dataclasses import dataclass

from idp.assembly.provider import Provider
from idp.authn.password_change import PasswordChange
from idp.lifecycle.address_change import AddressChanges
from idp.lifecycle.address_confirmation import AddressConfirmations
from idp.lifecycle.address_mails import AddressMails
from idp.lifecycle.address_undo import AddressUndo
from idp.lifecycle.standing import AccountStanding
from idp.lifecycle.stop_service import StopService
from idp.selfservice.download import Downloads
from idp.selfservice.history import AccessHistory
from idp.selfservice.views.address import AddressPages
from idp.selfservice.views.data import DataPage
from idp.selfservice.views.history import HistoryPages
from idp.selfservice.views.password import PasswordPage
from idp.selfservice.views.signed_in import SignedIn
from idp.selfservice.views.stop import StopPages
from idp.web.pages import Pages


@dataclass(frozen=True)
class AccountPages:
    """The pages, each with its services."""

    address: AddressPages
    password: PasswordPage
    stop: StopPages
    history: HistoryPages
    data: DataPage

    @property
    def all(self) -> tuple[AddressPages | PasswordPage | StopPages | HistoryPages | DataPage, ...]:
        """List them for mounting."""
        return (self.address, self.password, self.stop, self.history, self.data)


def build_account_pages(provider: Provider, signed_in: SignedIn, pages: Pages) -> AccountPages:
    """Build the member's own account pages."""
    f = provider.foundation
    history = AccessHistory(f.database, f.clock, f.journal, f.endings)
    standing = AccountStanding(f.database, f.clock, f.journal, f.endings)
    change = PasswordChange(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        provider.slots,
        provider.sign_in.again,
        f.endings,
        f.mails,
    )
    downloads = Downloads(
        f.settings.issuer, f.database, f.clock, f.journal, history, provider.keys.current
    )
    return AccountPages(
        address=_address(provider, signed_in, pages),
        password=PasswordPage(signed_in, change, f.policy, pages),
        stop=StopPages(signed_in, StopService(f.database, f.clock, standing, f.mails), pages),
        history=HistoryPages(signed_in, history, f.clients, pages),
        data=DataPage(signed_in, downloads, pages),
    )


def _address(provider: Provider, signed_in: SignedIn, pages: Pages) -> AddressPages:
    f, mails = provider.foundation, AddressMails(provider.foundation.mails)
    changes = AddressChanges(
        f.database, f.clock, f.policy, f.journal, f.proving, provider.buckets, mails
    )
    confirmations = AddressConfirmations(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        f.endings,
        f.proving,
        provider.buckets,
        f.floods,
        mails,
    )
    undo = AddressUndo(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        f.endings,
        f.proving,
        provider.buckets,
        f.floods,
        mails,
    )
    return AddressPages(signed_in, changes, confirmations, undo, pages)
