"""Checkpoints: the exact text that is signed, and strict reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.vocabulary.checkpoint import (
    Checkpoint,
    CheckpointMalformedError,
    key_hint,
    read_note,
    sign_note,
)
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.units import Instant

KEY = bytes(range(32))
SIGNATURE = bytes(range(64))
CHECKPOINT = Checkpoint(MarketId("nbg"), 20_852, bytes(range(32)), Instant(1_767_000_000_000_000))


def test_the_text_is_the_documented_one() -> None:
    """Origin, size, root and time stand on four lines, then the signature under its key's hint."""
    text = "doorstep/nbg\n20852\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\ntime 1767000000000000\n"
    assert CHECKPOINT.signed_bytes() == text.encode()
    assert sign_note(CHECKPOINT, KEY, SIGNATURE).startswith(text + "\n— doorstep/nbg ")


@given(st.integers(0, 2**53), st.binary(min_size=32, max_size=32), st.integers(0, 2**53))
def test_a_note_is_read_as_it_was_signed(size: int, root: bytes, time: int) -> None:
    """Reading gives the checkpoint, the covered bytes and the signature back."""
    checkpoint = Checkpoint(MarketId("nbg"), size, root, Instant(time))
    signed = read_note(sign_note(checkpoint, KEY, SIGNATURE))
    assert signed.checkpoint == checkpoint
    assert signed.covered == checkpoint.signed_bytes()
    assert signed.signatures_of(KEY) == (SIGNATURE,)
    assert signed.signatures_of(bytes(32)) == ()


def test_the_key_hint_is_that_of_signed_notes() -> None:
    """The hint equals the one in Go's documentation of signed notes (PeterNeumann's key, c74f20a3)."""
    from base64 import b64decode

    encoded = b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert key_hint("PeterNeumann", encoded[1:]).hex() == "c74f20a3"


NOTE = sign_note(CHECKPOINT, KEY, SIGNATURE)


@pytest.mark.parametrize(
    "note",
    [
        "",
        NOTE.replace("20852", "020852"),
        NOTE.replace("20852", "-1"),
        NOTE.replace("20852", "2e4"),
        NOTE.replace("doorstep/nbg", "elsewhere/nbg"),
        NOTE.replace("doorstep/nbg", "doorstep/nbg\nx"),
        NOTE.replace("Hh8=", "Hh9="),
        NOTE.replace("time ", "time  "),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\n", "\r\n"),
        NOTE[:-1],
        NOTE + "\n",
        NOTE + "— x AAAA\n",
        NOTE + "x" * 5_000,
        NOTE + NOTE.splitlines()[-1] * 9,
    ],
)
def test_any_other_text_is_no_checkpoint(note: str) -> None:
    """A note is accepted in exactly one spelling."""
    with pytest.raises(CheckpointMalformedError):
        read_note(note)
