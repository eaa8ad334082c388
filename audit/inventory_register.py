"""The inventory of events of the clerks' desk (`audit.inventory`)."""

from audit.described import Described, RetentionClass
from audit.names import EventName

_SOURCE = ("source.address", "source.device")
_ADMIN, _REGISTER = RetentionClass.ADMINISTRATION, RetentionClass.REGISTER

REGISTER_DESK: dict[EventName, Described] = {
    EventName.EXPORT_MADE: Described(
        "Someone of the staff took a list of members away as a file: which list, how many rows.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.REGISTER_FILE_DROPPED: Described(
        "A register file ended without being applied; its data says why.", _REGISTER, _SOURCE
    ),
    EventName.REGISTER_IMPORT_ACCEPTED: Described(
        "A register file was accepted with what it would change; the worker applies it.",
        _REGISTER,
        _SOURCE,
    ),
    EventName.REGISTER_IMPORT_STOPPED: Described(
        "Applying a register file stopped: the register was not what the file was accepted for."
        " Its data says how many lines are in.",
        _REGISTER,
    ),
    EventName.REGISTER_UPLOADED: Described(
        "A register file was uploaded to be looked at; nothing changed.", _REGISTER, _SOURCE
    ),
    EventName.REGISTER_WITHDRAWAL_UNDONE: Described(
        "Withdrawals were undone: the members' dates are again what they were.",
        _REGISTER,
        _SOURCE,
    ),
    EventName.REGISTER_WITHDRAWN: Described(
        "Withdrawals of a list of members were recorded, with the day of the refund.",
        _REGISTER,
        _SOURCE,
    ),
}
