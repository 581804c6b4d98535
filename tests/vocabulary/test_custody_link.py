"""Custody links and commitments: what a hash covers."""

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.commitment import SALT_BYTES, commitment
from doorstep.vocabulary.custody_link import GENESIS_LINK, custody_link


class HandedOver(msgspec.Struct, frozen=True, tag_field="type", tag="custody.handed_over"):
    """A custody event as the lifecycle makes it."""

    parcel: str
    to: str
    link: str = ""


def test_the_link_is_the_documented_hash() -> None:
    """A link can be recomputed with nothing but SHA-256 and the canonical text."""
    text = b'{"parcel":"pcl_1","to":"driver:drv_1","type":"custody.handed_over"}'
    expected = sha256(GENESIS_LINK.encode() + text).hexdigest()
    assert custody_link(GENESIS_LINK, HandedOver("pcl_1", "driver:drv_1")) == expected


@given(st.text(max_size=10), st.text(max_size=10), st.text(max_size=64))
def test_struct_and_stored_data_link_alike(parcel: str, to: str, link: str) -> None:
    """The event before it is stored and the data read back give one link, whatever stands in `link`."""
    event = HandedOver(parcel, to)
    stored = msgspec.json.decode(canonical(HandedOver(parcel, to, link)))
    assert custody_link(GENESIS_LINK, event) == custody_link(GENESIS_LINK, stored)


def test_a_link_depends_on_all_before_it() -> None:
    """Changing any earlier event changes every later link."""
    first = custody_link(GENESIS_LINK, HandedOver("pcl_1", "a"))
    forged = custody_link(GENESIS_LINK, HandedOver("pcl_1", "b"))
    assert custody_link(first, HandedOver("pcl_1", "c")) != custody_link(forged, HandedOver("pcl_1", "c"))


def test_a_commitment_is_salted_and_its_salt_has_one_length() -> None:
    """The same name under two salts shares no hash, and no byte can move from salt to name."""
    salts = bytes(SALT_BYTES), b"\x01" * SALT_BYTES
    assert commitment(salts[0], b"Ada") == sha256(salts[0] + b"Ada").hexdigest()
    assert commitment(salts[0], b"Ada") != commitment(salts[1], b"Ada")
    with pytest.raises(AssertionError, match="salt"):
        commitment(b"short", b"Ada")
