"""Sources of chance: repeatable from a seed, and never the same bytes twice."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from doorstep.adapters.chance import SeededChance, SystemChance


@given(st.integers() | st.binary(), st.lists(st.integers(0, 100), max_size=20))
def test_a_seed_repeats_its_bytes_however_they_are_cut(seed: int | bytes, cuts: list[int]) -> None:
    """Drawing in pieces gives the bytes that drawing at once gives."""
    pieces, whole = SeededChance(seed), SeededChance(seed)
    assert b"".join(pieces.token(cut) for cut in cuts) == whole.token(sum(cuts))


def test_seeds_and_draws_differ() -> None:
    """Two seeds share no bytes, and a source never repeats itself."""
    drawn = [SeededChance(seed).token(16) for seed in range(100)]
    source = SeededChance(1)
    drawn += [source.token(16) for _ in range(100)][1:]
    assert len(set(drawn)) == len(drawn)


def test_threads_never_share_bytes() -> None:
    """Eight threads that draw at once draw what one would, each token once."""
    source, alone = SeededChance(1), SeededChance(1)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda _: source.token(12), range(4_000)))
    assert sorted(drawn) == sorted(alone.token(12) for _ in range(4_000))


def test_the_system_gives_what_was_asked() -> None:
    """The system's source gives as many bytes as asked, and others the next time."""
    chance = SystemChance()
    assert len(chance.token(32)) == 32
    assert chance.token(32) != chance.token(32)
