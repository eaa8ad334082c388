"""The Merkle tree against RFC 9162's recursive definition and published known answers."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import tree
from audit.tree import Frontier

# Inputs and roots of the test vectors of the Certificate Transparency reference implementation.
KNOWN = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "60616263646566676869" +
         "6a6b6c6d6e6f"]  # fmt: skip
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def mth(entries: list[bytes]) -> bytes:
    """RFC 9162 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """RFC 9162 2.1.3.1, word for word."""
    if len(entries) == 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """RFC 9162 2.1.4.1, word for word."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m <= k:
        return [*subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def entries_of(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def test_known_answers() -> None:
    frontier = Frontier()
    assert frontier.root() == tree.EMPTY_ROOT
    for size, data in enumerate(KNOWN, 1):
        frontier.append(tree.leaf_hash(bytes.fromhex(data)))
        if size in ROOTS:
            assert frontier.root().hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_frontier_is_the_recursive_definition(entries: list[bytes]) -> None:
    frontier = Frontier()
    frontier.extend(tree.leaf_hash(entry) for entry in entries)
    assert frontier.root() == mth(entries)
    assert frontier.size == len(entries)
    again = Frontier.from_text(frontier.to_text())
    again.append(b"x" * 32)
    assert again.root() != frontier.root()
    assert frontier.copy().root() == frontier.root()


def test_inclusion_of_every_leaf() -> None:
    for size in range(1, 34):
        entries = entries_of(size)
        leaves = [tree.leaf_hash(entry) for entry in entries]
        root = mth(entries)
        for index in range(size):
            proof = tree.inclusion_proof(index, leaves)
            assert proof == path(index, entries)
            assert tree.verify_inclusion(index, size, leaves[index], proof, root)
            assert not tree.verify_inclusion(index, size, leaves[index], [*proof, root], root)
            assert not tree.verify_inclusion(index, size, leaves[index], proof, bytes(32))
            assert not tree.verify_inclusion(index, size, bytes(32), proof, root)
            if proof:
                assert not tree.verify_inclusion(index, size, leaves[index], proof[:-1], root)
                other = index - 1 if index else index + 1
                assert not tree.verify_inclusion(other, size, leaves[index], proof, root)


def test_consistency_of_every_pair() -> None:
    for second in range(1, 34):
        entries = entries_of(second)
        leaves = [tree.leaf_hash(entry) for entry in entries]
        new = mth(entries)
        for first in range(1, second + 1):
            old = mth(entries[:first])
            proof = tree.consistency_proof(first, leaves)
            assert proof == subproof(first, entries, True)
            assert tree.verify_consistency(first, second, old, new, proof)
            assert not tree.verify_consistency(first, second, bytes(32), new, proof)
            assert not tree.verify_consistency(first, second, old, bytes(32), proof)
            assert not tree.verify_consistency(first, second, old, new, [*proof, new])
            if first < second:
                assert not tree.verify_consistency(first, second, old, new, proof[:-1])


@pytest.mark.parametrize(
    "text", ["", "x", "1", "0 ", "-1", "01 " + "0" * 64, "2 " + "A" * 64, "1 " + "0" * 62, "\u0661"]
)
def test_a_broken_frontier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"frontier|hexadecimal"):
        Frontier.from_text(text)


def test_leaves_are_hashes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier().append(b"short")
    with pytest.raises(ValueError, match="no such leaf"):
        tree.inclusion_proof(1, [bytes(32)])
    with pytest.raises(ValueError, match="older tree"):
        tree.consistency_proof(0, [bytes(32)])
