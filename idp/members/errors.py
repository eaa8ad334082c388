"""Errors of the register: a value that cannot be read or kept.

`detail` is a sentence for clerks and operators (import reports, command line); pages show constant
texts chosen by `code`.
"""

from idp.errors import IdpError


class BadValue(IdpError):
    """A value that was typed, or stands in a file, is not what it should be."""

    code = "bad_value"
    status = 400


class BadMemberNumber(BadValue):
    """Not a member number of eight digits."""

    code = "bad_member_number"


class BadText(BadValue):
    """Text or bytes that cannot be read or kept without loss."""

    code = "bad_text"


class BadDate(BadValue):
    """Not a date, or a date that never was."""

    code = "bad_date"


class BadPhone(BadValue):
    """Not a telephone number."""

    code = "bad_phone"


class BadPostalCode(BadValue):
    """Not a postal code of seven digits."""

    code = "bad_postal_code"


class BadMailAddress(BadValue):
    """Not a mail address that mail can be sent to."""

    code = "bad_mail_address"


class BadSearch(BadValue):
    """What was typed finds nobody as it stands; the detail says why in one word."""

    code = "bad_search"
