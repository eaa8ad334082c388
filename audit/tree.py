"""The Merkle tree over the log: RFC 9162 section 2.1, SHA-256.

Owns hashes, roots and proofs. Which bytes a leaf covers is decided in `audit.pack`: the canonical
event line without its newline.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

_sha256 = hashlib.sha256
EMPTY_ROOT: Final = _sha256(b"").digest()
HASH_LENGTH: Final = 32


def leaf_hash(data: bytes) -> bytes:
    """Hash one entry (RFC 9162 2.1.1)."""
    return _sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees; the prefix keeps a node from passing for a leaf (RFC 9162 2.1.1)."""
    return _sha256(b"\1" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: one root per complete subtree, widest first.

    Appending costs one node hash on average; memory is one hash per bit of the size.
    """

    __slots__ = ("_edge", "size")

    def __init__(self) -> None:
        """Begin with the empty tree."""
        self.size = 0
        self._edge: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        size, edge = self.size, self._edge
        for leaf in leaves:
            if len(leaf) != HASH_LENGTH:
                raise ValueError("a leaf hash has 32 bytes")
            bits, node = size, leaf
            while bits & 1:
                node = _sha256(b"\1" + edge.pop() + node).digest()
                bits >>= 1
            edge.append(node)
            size += 1
            self.size = size

    def root(self) -> bytes:
        """Hash the whole tree (MTH of RFC 9162 2.1.1)."""
        if not self._edge:
            return EMPTY_ROOT
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = node_hash(left, node)
        return node

    def copy(self) -> "Frontier":
        """Return an independent frontier of the same tree."""
        twin = Frontier()
        twin.size, twin._edge = self.size, list(self._edge)
        return twin

    def to_text(self) -> str:
        """Write the frontier on one line, for storage."""
        return " ".join([str(self.size), *(node.hex() for node in self._edge)])

    @classmethod
    def from_text(cls, text: str) -> "Frontier":
        """Read what `to_text` wrote; anything else raises ValueError."""
        frontier = cls()
        size, *edge = text.split(" ")
        if not size.isascii() or not size.isdecimal():
            raise ValueError("not a frontier: no size")
        frontier.size = int(size)
        frontier._edge = [bytes.fromhex(node) for node in edge]
        fits = len(edge) == frontier.size.bit_count()
        if not fits or frontier.to_text() != text or any(len(n) != 32 for n in frontier._edge):
            raise ValueError("not a frontier: size and hashes do not agree")
        return frontier


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Prove that leaf `index` is in the tree over all `leaves` (RFC 9162 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    low, high, proof = 0, len(leaves), []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_root(leaves, middle, high))
            high = middle
        else:
            proof.append(_root(leaves, low, middle))
            low = middle
    return proof[::-1]


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Check an inclusion proof (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for step in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(step, node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


def consistency_proof(first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Prove that the tree of the first `first` leaves is a prefix of all (RFC 9162 2.1.4.1)."""
    if not 0 < first <= len(leaves):
        raise ValueError("the older tree has at least one leaf and is not the longer one")
    low, high, whole, proof = 0, len(leaves), True, []
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            proof.append(_root(leaves, middle, high))
            high = middle
        else:
            proof.append(_root(leaves, low, middle))
            low, whole = middle, False
    if not whole:
        proof.append(_root(leaves, low, high))
    return proof[::-1]


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Check a consistency proof (RFC 9162 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if not proof:
        return False
    # When the older tree is complete, its root is the first node and is left out of the proof.
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(step, old), node_hash(step, new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: Sequence[bytes], low: int, high: int) -> bytes:
    frontier = Frontier()
    frontier.extend(leaves[index] for index in range(low, high))
    return frontier.root()
