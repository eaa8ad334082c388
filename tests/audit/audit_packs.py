"""Small genuine logs and packs for the tests of the verifier."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import checkpoint
from audit.canonical import canonical
from audit.event import Actor, Event, Personal, Source, new_id, to_record
from audit.names import EventName
from audit.pack import PackWriter, purge_digest
from audit.personal import seal
from audit.tree import Frontier, leaf_hash

ORIGIN = "mihon.example/audit"
KEY = Ed25519PrivateKey.from_private_bytes(b"the audit key of Mihon, 32 bytes")
FOREIGN = Ed25519PrivateKey.from_private_bytes(b"somebody else's key, of 32 bytes")
TRUSTED = checkpoint.parse_key(checkpoint.encode_key(ORIGIN, KEY.public_key()))
START = datetime(2026, 7, 1, tzinfo=UTC)


def encrypt(value: Personal, aad: bytes) -> dict[str, str]:
    return seal(value.value, value.person, b"k" * 32, aad)


@dataclass
class Entry:
    event: Event
    line: bytes | None
    leaf: bytes
    purged_by: int | None = None


@dataclass
class Log:
    """A log as the application would keep it, with all of its checkpoints."""

    seed: int
    key: Ed25519PrivateKey = KEY
    entries: list[Entry] = field(default_factory=list)
    checkpoints: list[tuple[int, str]] = field(default_factory=list)
    tree: Frontier = field(default_factory=Frontier)
    now: datetime = START

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def grow(self, count: int) -> "Log":
        for _ in range(count):
            self.add(self.draw())
            if self.random.random() < 0.15:
                self.seal()
        self.seal()
        return self

    def draw(self) -> Event:
        self.now += timedelta(milliseconds=self.random.randrange(1, 60_000))
        name = self.random.choice([EventName.SESSION_STARTED, EventName.TOKEN_ISSUED])
        person = f"p{self.random.randrange(5)}"
        return Event(
            id=new_id(self.now),
            occurred_at=self.now,
            name=name,
            outcome=self.random.choice(["done", "refused"]),
            actor=Actor("member", person),
            client=self.random.choice(["portal", "card", None]),
            source=Source(Personal("192.0.2.7", person), self.random.choice(["電話", 'PC "old"'])),
            data={"n": self.random.randrange(10**9), "list": [True, None, {"a": "é\n"}]},
        )

    def add(self, event: Event) -> None:
        line = canonical(to_record(event, encrypt))
        leaf = leaf_hash(line)
        self.entries.append(Entry(event, line, leaf))
        self.tree.append(leaf)

    def seal(self, at: datetime | None = None) -> None:
        size, root = self.tree.size, self.tree.root()
        text = checkpoint.sign(ORIGIN, size, root, at or self.now, self.key)
        self.checkpoints.append((size, text))

    def purge(self, seqs: list[int]) -> int:
        """Delete bodies as a purge does; returns the seq of its event."""
        by = len(self.entries)
        for seq in seqs:
            self.entries[seq].line, self.entries[seq].purged_by = None, by
        self.now += timedelta(seconds=1)
        data = {
            "class": "access",
            "count": len(seqs),
            "from_seq": min(seqs),
            "to_seq": max(seqs) + 1,
            "sha256": purge_digest(seqs),
        }
        self.add(
            Event(
                id=new_id(self.now),
                occurred_at=self.now,
                name=EventName.AUDIT_PURGED,
                outcome="done",
                actor=Actor("system"),
                data=data,
            )
        )
        self.seal()
        return by

    def export(self, folder: Path, from_seq: int = 0, to_seq: int | None = None) -> Path:
        return self.export_at(folder, len(self.entries), from_seq, to_seq)

    def export_at(
        self, folder: Path, size: int, from_seq: int = 0, to_seq: int | None = None
    ) -> Path:
        to_seq = size if to_seq is None else to_seq
        named = {entry.purged_by for entry in self.entries[:size]}
        with PackWriter(folder, ORIGIN, from_seq, to_seq) as pack:
            for seq, entry in enumerate(self.entries[:size]):
                wanted = from_seq <= seq < to_seq or seq in named
                line = entry.line if wanted else None
                pack.leaf(seq, entry.event.id, entry.leaf, line, entry.purged_by)
            for at, text in self.checkpoints:
                if at <= size:
                    pack.checkpoint(text)
            pack.finish(period_from=None, period_to=None, made_at=self.now, private_key=self.key)
        return folder
