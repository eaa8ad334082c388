"""What is said of each event name: what it records, how long it is kept, what is personal."""

from dataclasses import dataclass
from enum import StrEnum


class RetentionClass(StrEnum):
    """The classes that a retention policy gives a length to."""

    ACCESS = "access"  # who got in and what was handed out
    SECURITY = "security"  # attempts, refusals, replays, blocks
    ADMINISTRATION = "administration"  # acts of staff on accounts, clients, policy
    REGISTER = "register"  # changes of the register of members
    KEYS = "keys"  # life of signing and master keys
    SYSTEM = "system"  # the log and the machines themselves; purges are never purged


@dataclass(frozen=True, slots=True)
class Described:
    """One name explained: what it records, its retention class, where personal values may stand."""

    what: str
    retention_class: RetentionClass
    personal_fields: tuple[str, ...] = ()
