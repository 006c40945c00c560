"""Packed blobs: they come back byte by byte, are small, and what is damaged is told."""

import json
from datetime import date

import pytest
from kit.each import each, written

from data.cache import Cache
from data.errors import BadAnswer, CacheDamaged
from data.packed import LARGEST, Packing
from triage.sandbox.book import generate


@pytest.fixture
def packing() -> Packing:
    return Packing()


@pytest.mark.parametrize("raw", [b"{}", b"", b'{"name":"\xc3\x89"}', b"x" * 3_000_000])
def test_what_was_packed_comes_back(packing: Packing, raw: bytes) -> None:
    assert packing.unpack(packing.pack(raw)) == raw == Packing().unpack(packing.pack(raw))


def test_plain_json_comes_back_as_it_is(packing: Packing) -> None:
    assert packing.unpack(b'{"id":"acc_1"}') == b'{"id":"acc_1"}'


def test_accounts_are_packed_to_less_than_a_third(packing: Packing) -> None:
    book = [json.dumps(one.account).encode() for one in generate(40, 3, date(2026, 11, 20))]
    assert sum(map(len, map(packing.pack, book))) * 3 < sum(map(len, book))


@pytest.mark.parametrize("at", range(0, 200, 7))
def test_a_damaged_blob_is_told_wherever_it_is_damaged(packing: Packing, at: int) -> None:
    raw = json.dumps([f"{number:x}" for number in range(0, 4000, 37)]).encode()
    blob = bytearray(packing.pack(raw))
    blob[4 + at % (len(blob) - 4)] ^= 0x11
    with pytest.raises(BadAnswer):
        packing.unpack(bytes(blob))
    with pytest.raises(BadAnswer):
        packing.unpack(bytes(packing.pack(raw)[: 8 + at % 50]))


def test_nobody_makes_room_for_what_a_damaged_blob_claims_to_be(packing: Packing) -> None:
    claims = b"\x28\xb5\x2f\xfd\xe0" + (LARGEST * 64).to_bytes(8, "little") + b"\x01\x00\x00"
    with pytest.raises(BadAnswer, match="too large"):
        packing.unpack(claims)


def test_a_cache_with_a_damaged_blob_is_rebuilt(cache: Cache, item, verdict) -> None:
    written(cache, [item("acc_1")], (), 1, each(verdict))
    ((stored,),) = cache.all("SELECT payload FROM account")
    cache.connection.execute("UPDATE account SET payload = ?", (stored[:-3],))
    with pytest.raises(CacheDamaged):
        cache.account("acc_1")
    cache.connection.execute("UPDATE verdict SET \"row\" = x'28b52ffd00'")
    with pytest.raises(CacheDamaged):
        list(cache.seats())
