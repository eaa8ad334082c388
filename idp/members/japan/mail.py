"""Mail addresses: what is accepted, what two spellings have in common, how SMTP wants them.

Kept as typed; looked up by the normal form, which folds ASCII case and nothing else. Unicode
folding would let a look-alike address meet another person's (CVE-2019-19844), so a local part that
is not ASCII is refused. Japanese carriers issued addresses that are no dot-atoms (`taro.@…`); they
are accepted for the carrier domains of the policy and quoted towards SMTP (RFC 5321 4.1.2).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from idp.members.errors import BadMailAddress

MAX_LENGTH: Final = 254  # RFC 5321 4.5.3.1.3, without the angle brackets
MAX_LOCAL: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")
_CARRIER_LOCAL: Final = re.compile(rf"{_ATOM}[.A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]*\Z")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u3000]")


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address as typed (outer blanks dropped), and the form by which it is looked up."""

    typed: str
    normal_form: str

    @property
    def smtp_form(self) -> str:
        """Write the address for an SMTP envelope: an ASCII domain, quoted where RFC 5321 asks."""
        local = self.typed.rpartition("@")[0]
        domain = self.normal_form.rpartition("@")[2]
        return f"{local}@{domain}" if _DOT_ATOM.match(local) else f'"{local}"@{domain}'


def parse_mail_address(text: str, carrier_domains: Collection[str] = ()) -> MailAddress:
    """Read a mail address; `carrier_domains` (policy) and their subdomains may have stray dots.

    Raises BadMailAddress.
    """
    typed = text.strip(" \t\r\n\u3000")
    if not typed:
        raise BadMailAddress("the mail address is empty")
    if len(typed) > MAX_LENGTH:
        raise BadMailAddress(f"the mail address is longer than {MAX_LENGTH} characters")
    if _UNSEEN.search(typed):
        raise BadMailAddress("the mail address holds a blank or a control character")
    if "＠" in typed:
        raise BadMailAddress("the mail address is written in full-width characters")
    if typed.count("@") != 1:
        raise BadMailAddress("a mail address has exactly one @")
    local, _, written_domain = typed.partition("@")
    domain = _ascii_domain(written_domain)
    _check_local(local, domain, carrier_domains)
    normal_form = f"{local.lower()}@{domain}"
    if len(normal_form) > MAX_LENGTH:
        raise BadMailAddress(f"the mail address is longer than {MAX_LENGTH} characters")
    return MailAddress(typed, normal_form)


def masked(address: str) -> str:
    """Show an address to somebody who knows it already: `t•••@mihon.example`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _check_local(local: str, domain: str, carrier_domains: Collection[str]) -> None:
    if not local.isascii():
        raise BadMailAddress("only half-width letters, digits and signs may stand before the @")
    if not local or len(local) > MAX_LOCAL:
        raise BadMailAddress(f"1 to {MAX_LOCAL} characters stand before the @")
    if _DOT_ATOM.match(local):
        return
    if _CARRIER_LOCAL.match(local) and _is_carrier(domain, carrier_domains):
        return
    raise BadMailAddress("the part before the @ holds a character or a dot that cannot stand there")


def _is_carrier(domain: str, carrier_domains: Collection[str]) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[start:]) in carrier_domains for start in range(len(labels)))


def _ascii_domain(written: str) -> str:
    labels = [_ascii_label(label) for label in written.split(".")]
    domain = ".".join(labels)
    if len(labels) < 2 or labels[-1].isdigit() or len(domain) > 253:
        raise BadMailAddress("the part after the @ is not a domain name as in mihon.example")
    return domain


def _ascii_label(label: str) -> str:
    """Write one label in ASCII; one that does not survive the way back is a look-alike."""
    found = label.lower() if label.isascii() else ""
    if not found:
        try:
            found = label.encode("idna").decode("ascii")
            survives = found.encode("ascii").decode("idna") == label
        except UnicodeError:
            survives = False
        if not survives:
            raise BadMailAddress("the part after the @ holds a character no domain name has")
    if not _LABEL.match(found):
        raise BadMailAddress("the part after the @ is not a domain name as in mihon.example")
    return found
