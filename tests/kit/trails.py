"""Audit trails of a server as the contract has them, and the ten ways to tamper with one."""

import base64
import json
import random
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from triage.sandbox import chain

NAMES = (
    "Tom Reyes",
    "Zoë Ödegård",
    "Ana \u202eevil",
    "=HYPERLINK(1)",
    "+1 555",
    "\x1b[2Jx",
    "@x",
    "Ωmega\u200d",
    "[@click=a]b[/]",
)
ACTIONS = ("reset_usage", "note", "log_contact", "apply_discount", "change_tier")


def signer(dice: random.Random) -> chain.Signer:
    """A real Ed25519 key out of a seeded die."""
    return chain.Signer(Ed25519PrivateKey.from_private_bytes(dice.randbytes(32)))


def entry(dice: random.Random, number: int) -> chain.Entry:
    """One entry as the server writes it before it is chained."""
    denied = dice.random() < 0.1
    return chain.Entry(
        change_id=str(dice.getrandbits(64)) if dice.random() < 0.9 else None,
        staff_id=f"stf_{dice.randrange(5)}",
        name=dice.choice(NAMES),
        permissions=("records:write", "usage:reset"),
        action=dice.choice(ACTIONS),
        account_id=f"acc_{dice.randrange(4)}",
        workspace_id=dice.choice((None, "ws_1")),
        before={"tier": "pilot", "note": dice.choice(NAMES), "workspace": {"hours_used": dice.random() * 9}},
        after=None if denied else {"tier": "free", "=cmd": dice.choice(NAMES), "workspace": {"hours_used": 0.0}},
        outcome="denied" if denied else "applied",
        reason=dice.choice((None, f"They asked for it {dice.random()}", dice.choice(NAMES) + " on the phone")),
        authored_at=dice.choice((None, "2026-11-21T10:00:00Z")),
        applied_at=f"2026-11-21T10:{number // 60 % 60:02}:{number % 60:02}.{dice.randrange(1, 10**6):06}Z",
        client="tests/1 here",
    )


def grown(
    dice: random.Random, count: int, start: chain.Link | None = None, first: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """An honest chain of `count` entries more, as `/v1/audit` serves them."""
    last = start or chain.Link(0, chain.GENESIS)
    made = list(first or ())
    for _ in range(count):
        row = chain.link(entry(dice, last.seq), last)
        made.append(json.loads(chain.served({"raw": row[-3], "prev_hash": row[-2], "hash": row[-1]})))
        last = chain.Link(row[0], row[-1])
    return made


@dataclass
class Trail:
    """What a server shows: its entries, its key, and the head it signs."""

    entries: list[dict[str, Any]]
    signer: chain.Signer
    head: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def honest(cls, entries: list[dict[str, Any]], key: chain.Signer) -> "Trail":
        """Signed as it is."""
        made = cls(entries, key, keys=[{"key_id": key.key_id, "public_key": key.public_key}])
        made.sign()
        return made

    def sign(self, key: chain.Signer | None = None) -> None:
        """Sign the end as it is now."""
        end = chain.Link(self.entries[-1]["seq"], self.entries[-1]["hash"]) if self.entries else None
        link = end or chain.Link(0, chain.GENESIS)
        by = key or self.signer
        self.head = {"seq": link.seq, "hash": link.hash, "signature": by.sign(link), "key_id": self.signer.key_id}

    def rechain(self, start: int) -> None:
        """Hash everything from place `start` on anew, as somebody who owns the database would."""
        for place in range(start, len(self.entries)):
            before = self.entries[place - 1]["hash"] if place else chain.GENESIS
            shown = {
                key: value for key, value in self.entries[place].items() if key not in ("raw", "prev_hash", "hash")
            }
            shown["seq"] = place + 1
            self.entries[place] = hashed(shown, before)


def hashed(shown: dict[str, Any], before: str) -> dict[str, Any]:
    """An entry over these fields that follows `before`."""
    import hashlib

    raw = json.dumps(shown, ensure_ascii=False)
    digest = hashlib.sha256(f"{before}\n{raw}".encode("utf-8", "surrogatepass")).hexdigest()
    return {**shown, "raw": raw, "prev_hash": before, "hash": digest}


# --- the ten kinds; each tampers at a place from `low` on and returns the seq of the first entry that is wrong ---


def edit(trail: Trail, low: int, dice: random.Random) -> int:
    """An entry is altered: its text, a field beside it, its hash; or all is hashed anew after it."""
    place = dice.randrange(low, len(trail.entries))
    way = dice.randrange(4)
    one = dict(trail.entries[place])
    if way == 0:
        one["raw"] = one["raw"].replace('"stf_', '"stg_', 1)
    elif way == 1:
        name = dice.choice(["reason", "account_id", "outcome", "action"])
        one[name] = f"{one[name]} not"
    elif way == 2:
        one["hash"] = one["hash"][::-1] if one["hash"] != one["hash"][::-1] else "0" * 64
    else:
        one["actor"] = {"staff_id": "stf_eve", "name": "Eve"}
    trail.entries[place] = one
    if way == 3:
        trail.rechain(place)
    return place + 1


def insert(trail: Trail, low: int, dice: random.Random) -> int:
    """An entry that nobody wrote, also behind the last one, also with everything after it hashed anew."""
    place = dice.randrange(low, len(trail.entries) + 1)
    before = trail.entries[place - 1]["hash"] if place else chain.GENESIS
    forged = grown(dice, 1, chain.Link(place, before))[0]
    trail.entries.insert(place, forged)
    if dice.random() < 0.5:
        trail.rechain(place)
    return place + 1


def delete(trail: Trail, low: int, dice: random.Random) -> int:
    """An entry is gone from the middle, the rest as it was or hashed anew."""
    place = dice.randrange(low, len(trail.entries) - 1)
    trail.entries.pop(place)
    if dice.random() < 0.5:
        trail.rechain(place)
    return place + 1


def swap(trail: Trail, low: int, dice: random.Random) -> int:
    """Two neighbours change places, numbers exchanged or not."""
    place = dice.randrange(low, len(trail.entries) - 1)
    trail.entries[place : place + 2] = trail.entries[place : place + 2][::-1]
    if dice.random() < 0.5:
        trail.rechain(place)
    return place + 1


def duplicate(trail: Trail, low: int, dice: random.Random) -> int:
    """An entry stands there twice, the second as it was or as the next one."""
    place = dice.randrange(low, len(trail.entries))
    trail.entries.insert(place + 1, dict(trail.entries[place]))
    if dice.random() < 0.5:
        trail.rechain(place + 1)
    return place + 2


def fork(trail: Trail, low: int, dice: random.Random) -> int:
    """Another history from an entry on that was seen before, signed by the server's own key."""
    place = dice.randrange(0, max(1, low))
    before = trail.entries[place - 1]["hash"] if place else chain.GENESIS
    trail.entries[place:] = grown(dice, len(trail.entries) - place + dice.randrange(3), chain.Link(place, before))
    trail.sign()
    return place + 1


def tail_cut(trail: Trail, low: int, dice: random.Random) -> int:
    """The last entries are not shown, though the head signs them."""
    place = dice.randrange(low, len(trail.entries))
    del trail.entries[place:]
    return place + 1


def rollback(trail: Trail, low: int, dice: random.Random) -> int:
    """The server is one of yesterday: truly signed, but ending before what was seen."""
    place = dice.randrange(0, low)
    del trail.entries[place:]
    trail.sign()
    return place + 1


def foreign_signature(trail: Trail, low: int, dice: random.Random) -> int:
    """The head is signed by another key, under the name of ours, another name, or with the keys exchanged as well."""
    other = signer(dice)
    trail.sign(other)
    way = dice.randrange(4)
    if way == 1:
        trail.head["key_id"] = other.key_id
    elif way == 2:
        trail.head["key_id"] = other.key_id
        trail.keys[:] = [{"key_id": other.key_id, "public_key": other.public_key}]
    elif way == 3:
        flipped = bytearray(base64.b64decode(trail.head["signature"]))
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        trail.head["signature"] = base64.b64encode(bytes(flipped)).decode()
    return trail.head["seq"]


def time_rounding(trail: Trail, low: int, dice: random.Random) -> int:
    """A store that keeps seconds or milliseconds: the time shown, the time hashed, or all hashed anew."""
    place = dice.randrange(low, len(trail.entries))
    one = dict(trail.entries[place])
    rounded = one["applied_at"][: dice.choice((19, 20, 22))].rstrip(".") + "Z"
    way = dice.randrange(3)
    if way == 0:
        one["raw"] = one["raw"].replace(one["applied_at"], rounded)
    if way != 0 or dice.random() < 0.5:
        one["applied_at"] = rounded
    trail.entries[place] = one
    if way == 2:
        trail.rechain(place)
    return place + 1


KINDS = {
    "edit": edit,
    "insert": insert,
    "delete": delete,
    "swap": swap,
    "duplicate": duplicate,
    "fork": fork,
    "tail cut": tail_cut,
    "rollback": rollback,
    "foreign signature": foreign_signature,
    "time rounding": time_rounding,
}
