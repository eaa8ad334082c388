"""The inventory of events about telephone cases and looks at members (`audit.inventory`)."""

from audit.described import Described, RetentionClass
from audit.names import EventName

_SOURCE = ("source.address", "source.device")
_SECURITY, _ADMIN = RetentionClass.SECURITY, RetentionClass.ADMINISTRATION

HELPDESK: dict[EventName, Described] = {
    EventName.CASE_ANSWERED: Described(
        "A caller answered a question; its data says which, and whether the answer fitted.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.CASE_CALLED_BACK: Described(
        "The number in the register was called back, or is going to be; its data says what came.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.CASE_ENDED: Described("A telephone case ended; its data says why.", _ADMIN, _SOURCE),
    EventName.CASE_OPENED: Described(
        "An operator opened a telephone case about a member.", _ADMIN, (*_SOURCE, "data.member")
    ),
    EventName.CASE_OUTCOME: Described(
        "A proven caller was told or sent something, or something was explained.", _ADMIN, _SOURCE
    ),
    EventName.CASE_PLANNED: Described(
        "Two persons decided a change of address or the removal of a factor; it waits for its"
        " cooling-off.",
        _ADMIN,
        (*_SOURCE, "data.address"),
    ),
    EventName.CASE_PROVEN: Described(
        "The answers of a caller were enough for what the case is to come to.", _ADMIN, _SOURCE
    ),
    EventName.CASE_REFUSED: Described(
        "The rules of the help desk refused an operator something; its data says which rule.",
        _SECURITY,
        (*_SOURCE, "data.member"),
    ),
    EventName.CASE_SEARCHED: Described(
        "An operator searched for a member; its data says by what, and who was shown.",
        _ADMIN,
        (*_SOURCE, "data.typed", "data.members"),
    ),
    EventName.CASE_STOPPED: Described(
        "A planned change was stopped from the member's mailbox, or could not be made any more.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.CASE_VIEWED: Described(
        "Somebody of the staff looked at a telephone case, or at the list of them.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.MEMBER_VIEWED: Described(
        "Someone of the staff looked at a member's record.", _ADMIN, (*_SOURCE, "data.member")
    ),
}
