"""Merkle trees (RFC 6962, RFC 9162): a log's fingerprint, and short proofs of what is in it and came before.

A tree of n leaves splits at the largest power of two below n. That is the same tree as pairing neighbours
level by level and lifting an odd last node unchanged, which is how it is built here. Every hash is 32 bytes
of SHA-256.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, Self

import msgspec

HASH_BYTES: Final = 32
"""Bytes of a node's hash."""
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a log without entries."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a log entry: SHA-256 of 0x00 and its bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 of 0x01 and its children's hashes."""
    return sha256(b"\x01" + left + right).digest()


class Frontier(msgspec.Struct, frozen=True):
    """What an appending log must remember: its size and the roots of its complete subtrees, largest first.

    There is one subtree for each bit that is set in `size`, at most 64 in all.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Frontier":
        """The frontier with one more leaf hash at the end."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "Frontier":
        """The frontier with these leaf hashes at the end."""
        peaks, size = list(self.peaks), self.size
        for leaf in leaves:
            node, below = leaf, size
            while below & 1:
                node = node_hash(peaks.pop(), node)
                below >>= 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """The root hash of the whole log."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_hex(self) -> list[str]:
        """The peaks as hex text, for storing beside the size."""
        return [peak.hex() for peak in self.peaks]

    @classmethod
    def from_hex(cls, size: int, peaks: Sequence[str]) -> Self:
        """The frontier that was stored.

        Raises:
            ValueError: where the peaks cannot belong to a log of `size` entries.
        """
        hashes = tuple(bytes.fromhex(peak) for peak in peaks)
        if size < 0 or len(hashes) != size.bit_count() or any(len(peak) != HASH_BYTES for peak in hashes):
            raise ValueError(f"{len(hashes)} peaks do not belong to a log of {size} entries")
        return cls(size, hashes)


class Tree:
    """All levels of a log's tree, built once, so that each proof is a walk of at most 64 steps."""

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        level = list(leaf_hashes)
        self._levels = [level]
        while len(level) > 1:
            paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            level = [*paired, level[-1]] if len(level) % 2 else paired
            self._levels.append(level)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0])

    def root(self) -> bytes:
        """The root hash."""
        return self._levels[-1][0] if self.size else EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The hashes that lead from leaf `index` (from 0) to the root, lowest first."""
        assert 0 <= index < self.size, f"leaf {index} of a tree of {self.size}"
        proof = []
        for level in self._levels[:-1]:
            if (sibling := index ^ 1) < len(level):
                proof.append(level[sibling])
            index >>= 1
        return proof

    def consistency_proof(self, earlier_size: int) -> list[bytes]:
        """The hashes that show the tree of the first `earlier_size` leaves (1 or more) to begin this one."""
        assert 0 < earlier_size <= self.size, f"size {earlier_size} of a tree of {self.size}"
        if earlier_size == self.size:
            return []
        height = (earlier_size & -earlier_size).bit_length() - 1
        index = (earlier_size >> height) - 1
        proof = [self._levels[height][index]] if index else []
        for level in self._levels[height:-1]:
            if (sibling := index ^ 1) < len(level):
                proof.append(level[sibling])
            index >>= 1
        return proof


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The inclusion proof of one leaf; for many, build one `Tree`."""
    return Tree(leaf_hashes).inclusion_proof(index)


def consistency_proof(leaf_hashes: Sequence[bytes], size_a: int, size_b: int) -> list[bytes]:
    """The proof that the log's first `size_a` leaves are a beginning of its first `size_b`."""
    return Tree(leaf_hashes[:size_b]).consistency_proof(size_a)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from leaf hash `index` to the root of a tree of `size` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _all_hashes(leaf, root, *proof):
        return False
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(
    size_a: int, size_b: int, proof: Sequence[bytes], root_a: bytes, root_b: bytes
) -> bool:
    """Whether `proof` shows the tree of `size_a` leaves to begin that of `size_b` (RFC 9162, 2.1.4.2).

    A log without entries proves nothing, so that `size_a` of 0 is rejected.
    """
    if not 0 < size_a <= size_b:
        return False
    if size_a == size_b:
        return not proof and root_a == root_b
    if not _all_hashes(root_a, root_b, *proof):
        return False
    path = [root_a, *proof] if size_a & (size_a - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = size_a - 1, size_b - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and older == root_a and newer == root_b


def _all_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
