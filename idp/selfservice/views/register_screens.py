"""What the steps of `/register` look like; which one comes when is decided in `register`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from idp.inforce.service import PolicyInForce
from idp.invitations.model import Registration, Step
from idp.web.browser import Browser
from idp.web.i18n import mark as _
from idp.web.pages import Pages


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: a marked text, and the values that stand in it."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


Errors = Mapping[str, FieldError]
NONE: Errors = {}
LOOK_AGAIN = FieldError(_("もう一度お確かめのうえ、入力してください。"))
"""At every field that may be the wrong one, where the alert names no more than that."""


@dataclass(frozen=True)
class Screens:
    """Renders the steps."""

    policy: PolicyInForce
    browser: Browser
    pages: Pages

    def step(self, step: Step, found: Registration, device: str, handle: str) -> Response:
        """Show a step of a registration in progress."""
        match step:
            case Step.EMAIL:
                return self.email(device, handle, found.address or "")
            case Step.CODE:
                return self.code(device, handle, found)
            case Step.PASSWORD:
                return self.password(device, handle, found)

    def invitation(
        self,
        device: str,
        typed: Mapping[str, str],
        status: int = 200,
        *,
        errors: Errors = NONE,
        reference: str | None = None,
    ) -> Response:
        """Ask for registration code, member number and birth date.

        The code is kept after an error: alone it opens nothing, and it is long to type.
        """
        names = ("invitation_code", "member_number", "birth_date")
        return self._page(
            "invitation",
            device,
            None,
            status,
            errors=dict.fromkeys(names, LOOK_AGAIN) if reference else errors,
            reference=reference,
            typed={name: typed.get(name, "") for name in names},
        )

    def email(
        self, device: str, handle: str, typed: str, status: int = 200, *, errors: Errors = NONE
    ) -> Response:
        """Ask for the mail address."""
        return self._page(
            "email",
            device,
            handle,
            status,
            errors=errors,
            typed={"email": typed},
            mail_domain=self._mail_domain,
        )

    def code(
        self,
        device: str,
        handle: str,
        found: Registration,
        status: int = 200,
        *,
        errors: Errors = NONE,
        reference: str | None = None,
        typed: str = "",
        sent_again: bool = False,
    ) -> Response:
        """Ask for the code out of the mail."""
        return self._page(
            "code",
            device,
            handle,
            status,
            errors={"code": LOOK_AGAIN} if reference else errors,
            reference=reference,
            typed={"code": typed},
            sent_again=sent_again,
            address=found.address,
            minutes=self.policy.policy.verification.code_lifetime.seconds // 60,
            mail_domain=self._mail_domain,
        )

    def password(
        self,
        device: str,
        handle: str,
        found: Registration,
        status: int = 200,
        *,
        errors: Errors = NONE,
    ) -> Response:
        """Ask for a password, and say what personal data are used for."""
        rules = self.policy.policy.registration
        english = self.pages.language() == "en"
        return self._page(
            "password",
            device,
            handle,
            status,
            errors=errors,
            address=found.address,
            least=self.policy.policy.passwords.min_length,
            purposes=rules.purposes_en if english else rules.purposes_ja,
        )

    def done(self) -> Response:
        """Say that it is done."""
        return self.pages.render("register/done.html")

    def not_open(self, status: int) -> Response:
        """Say from when members may register."""
        opens_on = self.policy.policy.registration.opens_on
        return self.pages.render("register/not_open.html", status, opens_on=opens_on)

    def ended(self) -> Response:
        """Say that this registration is over, and what to do."""
        return self.pages.render("register/ended.html", 410)

    @property
    def _mail_domain(self) -> str:
        return self.policy.policy.mail.sender.rpartition("@")[2]

    def _page(
        self, name: str, device: str, handle: str | None, status: int, **context: Any
    ) -> Response:
        response = self.pages.render(
            f"register/{name}.html",
            status,
            here=f"/register?request={handle}" if handle else "/register",
            csrf_token=self.browser.csrf.token_for(device),
            request_handle=handle,
            **context,
        )
        self.browser.remember_device(response, device)
        return response
