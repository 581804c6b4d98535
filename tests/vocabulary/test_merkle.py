"""Merkle trees against outside proofs, the recursive definition of RFC 6962, and each other."""

import json
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.vocabulary.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[2].parent / "shared/vectors/merkle-rfc6962/testdata"
without_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the outside vectors are not on this machine"
)

sizes = st.integers(1, 70)


def hashes(count: int) -> list[bytes]:
    """Leaf hashes of `count` different entries."""
    return [leaf_hash(f"entry {i}".encode()) for i in range(count)]


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, as it is written there."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def defined_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*defined_path(index, leaves[:split]), defined_root(leaves[split:])]
    return [*defined_path(index - split, leaves[split:]), defined_root(leaves[:split])]


def cases(folder: str) -> list[tuple[str, dict[str, Any]]]:
    """Every case of a folder, with its name."""
    return [
        (str(path.relative_to(VECTORS)), json.loads(path.read_bytes()))
        for path in sorted((VECTORS / folder).rglob("*.json"))
    ]


def proof_of(case: dict[str, Any]) -> list[bytes]:
    """A case's proof; some say null for an empty one."""
    return [b64decode(part) for part in case["proof"] or []]


@without_vectors
def test_outside_inclusion_proofs() -> None:
    """All 98 outside inclusion proofs are judged as their authors say."""
    seen = cases("inclusion")
    assert len(seen) == 98
    for name, case in seen:
        leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
        verdict = verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof_of(case), root)
        assert verdict is not case["wantErr"], name


@without_vectors
def test_outside_inclusion_proofs_in_subtrees() -> None:
    """A proof inside a subtree is one in a tree of its own, and all outside cases are judged so."""
    seen = cases("subtreeinclusion")
    assert seen
    for name, case in seen:
        start, end = case["start"], case["end"]
        aligned = 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0
        leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
        verdict = aligned and verify_inclusion(
            leaf, case["leafIdx"] - start, end - start, proof_of(case), root
        )
        assert verdict is not case["wantErr"], name


@without_vectors
def test_outside_consistency_proofs() -> None:
    """All 98 outside consistency proofs are judged as their authors say; an empty log proves nothing."""
    seen = cases("consistency")
    assert len(seen) == 98
    for name, case in seen:
        roots = b64decode(case["root1"]), b64decode(case["root2"])
        verdict = verify_consistency(case["size1"], case["size2"], proof_of(case), *roots)
        assert verdict is not case["wantErr"], name


@without_vectors
def test_outside_consistency_proofs_of_leading_subtrees() -> None:
    """A subtree that starts at the first leaf is a beginning of the log, and those outside cases agree."""
    seen = [(name, case) for name, case in cases("subtreeconsistency") if case["start"] == 0 < case["end"]]
    assert seen
    for name, case in seen:
        roots = b64decode(case["root1"]), b64decode(case["root2"])
        verdict = verify_consistency(case["end"], case["size"], proof_of(case), *roots)
        assert verdict is not case["wantErr"], name


@given(st.integers(0, 70))
def test_tree_and_frontier_are_the_defined_tree(size: int) -> None:
    """Levels, frontier and RFC 6962's recursion give one root."""
    leaves = hashes(size)
    one_by_one = Frontier()
    for leaf in leaves:
        one_by_one = one_by_one.append(leaf)
    expected = defined_root(leaves)
    assert Tree(leaves).root() == one_by_one.root() == Frontier().extend(leaves).root() == expected
    assert Frontier.from_hex(one_by_one.size, one_by_one.to_hex()) == one_by_one


@given(sizes, st.data())
def test_inclusion_proofs_are_the_defined_ones(size: int, data: st.DataObject) -> None:
    """Each proof is RFC 6962's own, verifies, and fails for every other leaf, place and bent hash."""
    leaves, index = hashes(size), data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(leaves, index), Tree(leaves).root()
    assert proof == defined_path(index, leaves)
    assert verify_inclusion(leaves[index], index, size, proof, root)
    assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
    for other in range(size):
        assert other == index or not verify_inclusion(leaves[index], other, size, proof, root)
    for part in range(len(proof)):
        bent = [*proof[:part], bytes(32), *proof[part + 1 :]]
        assert not verify_inclusion(leaves[index], index, size, bent, root)


@given(sizes, sizes)
def test_consistency_proofs_show_a_beginning(size_a: int, size_b: int) -> None:
    """A log is consistent with each of its beginnings, and with no beginning that was changed."""
    size_a, size_b = sorted((size_a, size_b))
    leaves = hashes(size_b)
    proof = consistency_proof(leaves, size_a, size_b)
    root_a, root_b = Tree(leaves[:size_a]).root(), Tree(leaves).root()
    assert verify_consistency(size_a, size_b, proof, root_a, root_b)
    forged = Tree([leaf_hash(b"forged"), *leaves[1:size_a]]).root()
    assert not verify_consistency(size_a, size_b, proof, forged, root_b)
    assert not verify_consistency(size_a, size_b, [*proof, bytes(32)], root_a, root_b)
    assert not verify_consistency(0, size_b, [], EMPTY_ROOT, root_b)


def test_twenty_thousand_proofs_share_one_tree() -> None:
    """Proofs of a whole day are walks over levels built once: at most 15 hashes each, and all verify."""
    tree = Tree(hashes(20_000))
    proofs = [tree.inclusion_proof(index) for index in range(tree.size)]
    assert max(map(len, proofs)) == 15
    leaves, root = hashes(20_000), tree.root()
    for index in range(0, 20_000, 97):
        assert verify_inclusion(leaves[index], index, 20_000, proofs[index], root)


@pytest.mark.parametrize(
    ("size", "peaks"), [(1, []), (2, ["00" * 32] * 2), (-1, []), (1, ["00" * 31]), (1, ["zz" * 32])]
)
def test_a_stored_frontier_must_fit_its_size(size: int, peaks: list[str]) -> None:
    """Peaks that cannot belong to a log of that size are refused when they are read back."""
    with pytest.raises(ValueError, match=r"peaks|hexadecimal"):
        Frontier.from_hex(size, peaks)
