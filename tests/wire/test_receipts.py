"""Audit tampering: edit, insert, delete, swap, duplicate, fork, tail cut, foreign signature, time rounding."""

import base64
import hashlib
import json
import random
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.account import Entry
from data.backends.port import Head
from data.receipts import GENESIS, Seen, head_problem, verify_chain
from data.wire import decoder

entries_of = decoder(Entry)


def chain(count, dice, start=(0, GENESIS)):
    """An honest chain."""
    seq, last = start
    made = []
    for _ in range(count):
        seq += 1
        shown = {
            "seq": seq,
            "change_id": f"change-{dice.random()}",
            "actor": {"staff_id": "stf_tom", "name": dice.choice(["Tom", "Zoë \u202e", "\x1b[2J"])},
            "permissions": ["usage:reset"],
            "action": "reset_usage",
            "account_id": "acc_1",
            "workspace_id": None,
            "before": {"workspace": {"hours_used": 3.25, "name": "A\nB"}},
            "after": {"workspace": {"hours_used": 0.0}},
            "outcome": "applied",
            "reason": "why " * dice.randint(3, 120),
            "authored_at": "2026-11-21T10:00:00Z",
            "applied_at": f"2026-11-21T10:00:{seq % 60:02}.{dice.randrange(1, 10**6):06}Z",
            "client": "tests",
        }
        raw = json.dumps(shown)
        digest = hashlib.sha256(f"{last}\n{raw}".encode()).hexdigest()
        made.append(entries_of.decode(json.dumps({**shown, "raw": raw, "prev_hash": last, "hash": digest})))
        last = digest
    return made


def edit(trail, spot, dice):
    entry = trail[spot]
    field = dice.choice(["reason", "actor", "outcome", "applied_at", "raw", "hash", "prev_hash", "after", "account_id"])
    new = {
        "actor": msgspec.structs.replace(entry.actor, staff_id="stf_eve"),
        "applied_at": entry.applied_at + timedelta(seconds=1),
        "raw": entry.raw.replace("why", "who", 1),
        "after": {"workspace": {"hours_used": 9.0}},
        "hash": "f" * 64,
        "prev_hash": "e" * 64,
    }.get(field, "other")
    trail[spot] = msgspec.structs.replace(entry, **{field: new})


def rehashed(trail, spot, dice):
    """An edited text whose own hash was mended, but not those after it."""
    entry = trail[spot]
    raw = entry.raw.replace('"stf_tom"', '"stf_eve"')
    digest = hashlib.sha256(f"{entry.prev_hash}\n{raw}".encode()).hexdigest()
    actor = msgspec.structs.replace(entry.actor, staff_id="stf_eve")
    trail[spot] = msgspec.structs.replace(entry, raw=raw, hash=digest, actor=actor)


def rounding(trail, spot, dice):
    trail[spot] = msgspec.structs.replace(trail[spot], applied_at=trail[spot].applied_at.replace(microsecond=0))


def swap(trail, spot, dice):
    other = spot - 1 if spot else 1
    trail[spot], trail[other] = trail[other], trail[spot]


def fork(trail, spot, dice):
    before = trail[spot - 1] if spot else None
    start = (before.seq, before.hash) if before else (0, GENESIS)
    trail[spot:] = chain(len(trail) - spot, random.Random(dice.random()), start)


TAMPERING = {
    "edit": edit,
    "rehashed edit": rehashed,
    "delete": lambda trail, spot, dice: trail.pop(spot),
    "insert": lambda trail, spot, dice: trail.insert(spot, chain(1, dice)[0]),
    "duplicate": lambda trail, spot, dice: trail.insert(spot, trail[spot]),
    "swap": swap,
    "fork": fork,
    "tail cut": lambda trail, spot, dice: trail.__delitem__(slice(spot, None)),
    "time rounding": rounding,
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found_and_the_first_bad_entry_named(name):
    dice = random.Random(name)
    for _ in range(100):
        trail = chain(dice.randint(2, 9), dice)
        last = Seen(trail[-1].seq, trail[-1].hash)
        spot = dice.randrange(len(trail))
        TAMPERING[name](trail, spot, dice)
        report = verify_chain(iter(trail), last)
        assert not report.ok and report.why and report.first_bad is not None
        if name in ("edit", "delete", "time rounding", "tail cut"):
            wanted = spot + 1 + (name == "delete" and spot < len(trail))
            assert report.first_bad == wanted
            assert report.entries == spot


def test_clean_chains_raise_no_alarm():
    dice = random.Random(5)
    for _ in range(200):
        trail = chain(dice.randint(0, 8), dice)
        seen = dice.choice(trail) if trail else None
        remembered = Seen(seen.seq, seen.hash) if seen else None
        known = {entry.seq: entry.hash for entry in trail}
        report = verify_chain(iter(trail), remembered, known=known)
        assert (report.ok, report.entries, report.first_bad, report.why) == (True, len(trail), None, None)


def test_a_chain_can_be_continued_from_a_known_entry():
    trail = chain(6, random.Random(1))
    start = Seen(trail[2].seq, trail[2].hash)
    assert verify_chain(trail[3:], start=start).ok
    assert verify_chain(trail[4:], start=start).first_bad == 5


def test_a_copy_that_lags_behind_is_no_tail_cut():
    trail = chain(3, random.Random(1))
    ahead = Seen(9, "ab")
    assert verify_chain(trail, ahead, whole=False).ok
    assert not verify_chain(trail, ahead).ok


def test_a_receipt_missing_from_the_chain_is_noticed():
    trail = chain(3, random.Random(1))
    assert verify_chain(trail, known={2: "ff"}).first_bad == 2
    assert verify_chain(trail, known={4: "ff"}).first_bad == 4


def test_heads_are_checked_by_signature_and_memory():
    key, foreign = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()

    def signed(seq, digest, by=key):
        return Head(seq, digest, base64.b64encode(by.sign(f"{seq}\n{digest}".encode())).decode(), "k")

    keys = {"k": public}
    assert head_problem(signed(3, "aa"), keys) is None
    assert head_problem(signed(3, "aa"), keys, Seen(2, "zz")) is None
    assert "signature" in head_problem(signed(3, "aa", foreign), keys)
    assert "signature" in head_problem(Head(4, "aa", signed(3, "aa").signature, "k"), keys)
    assert "signature" in head_problem(Head(3, "aa", "not base64!", "k"), keys)
    assert "key" in head_problem(signed(3, "aa"), {})
    assert "cut off" in head_problem(signed(3, "aa"), keys, Seen(4, "bb"))
    assert "seen before" in head_problem(signed(3, "aa"), keys, Seen(3, "bb"))
