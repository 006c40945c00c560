"""Proof: hashes of audit entries, Ed25519 signatures of the head, and the replay of a whole chain. Pure functions."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from data.account import Entry, EntryFields, Value
from data.backends.port import Head
from data.remedy import Receipt
from data.wire import decoder, mended, safe_tree

GENESIS = "0" * 64


class Seen(Value, frozen=True):
    """An audit head as it was seen once; `seen_at` None where nobody noted the time."""

    seq: int
    hash: str
    seen_at: datetime | None = None


class Signed(Value, frozen=True):
    """A signed head as it was seen: Ed25519 over seq, a line feed and hash (base64), and by which key."""

    seq: int
    hash: str
    signature: str
    key_id: str
    seen_at: datetime | None = None


class Pin(Value, frozen=True):
    """A public key (base64) and since when this home believes it."""

    key_id: str
    public_key: str
    pinned_at: datetime | None = None


class ChainReport(Value, frozen=True):
    """The result of a replay: how many entries, and the seq of the first bad one with the reason in words."""

    ok: bool
    entries: int
    first_bad: int | None
    why: str | None


class _Claims(Value, frozen=True):
    """What `raw` says that a receipt is checked for."""

    seq: int
    change_id: str | None
    outcome: str
    reason: str | None
    account_id: str | None = None


_claims = decoder(_Claims)
_fields = decoder(EntryFields)
_TREES = ("before", "after")


def entry_hash(prev_hash: str, raw: str) -> str:
    """Return hex SHA-256 over the previous hash, a line feed and the served text."""
    return hashlib.sha256(f"{prev_hash}\n{raw}".encode("utf-8", "surrogatepass")).hexdigest()


def signature_holds(seq: int, digest: str, signature: str, public_key: str) -> bool:
    """True when `signature` is `public_key`'s Ed25519 signature (both base64) over seq, a line feed and the hash."""
    from cryptography.exceptions import InvalidSignature  # here: commands that only read never pay for it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), f"{seq}\n{digest}".encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def verify_receipt(
    receipt: Receipt, change_id: str, reason: str | None, keys: Mapping[str, str], account_id: str | None = None
) -> str | None:
    """Return what is wrong with a receipt in one sentence, None when it proves that this very change was applied."""
    if entry_hash(receipt.prev_hash, receipt.raw) != receipt.hash:
        return "The receipt's hash does not fit its text."
    try:
        said = _claims.decode(mended(receipt.raw.encode()))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return "The receipt's text is not an audit entry."
    if said.change_id != change_id or said.seq != receipt.audit_seq:
        return "The receipt is for another change."
    if said.outcome != "applied" or (account_id is not None and said.account_id != account_id):
        return "The receipt does not say that this change was applied to this account."
    if (said.reason or "") != (reason or ""):
        return "The receipt bears another reason than the one written."
    if receipt.head_seq < receipt.audit_seq or (
        receipt.head_seq == receipt.audit_seq and receipt.head_hash != receipt.hash
    ):
        return "The receipt's signed head does not cover its entry."
    return head_problem(Head(receipt.head_seq, receipt.head_hash, receipt.signature, receipt.key_id), keys)


def head_problem(head: Head, keys: Mapping[str, str], remembered: Seen | None = None) -> str | None:
    """Return what is wrong with a signed head: its signature, or that it contradicts the head we remember."""
    key = keys.get(head.key_id)
    if key is None:
        return "It is signed with a key that this home does not know."
    if not signature_holds(head.seq, head.hash, head.signature, key):
        return "The signature of the audit head does not hold."
    return rollback_problem(head.seq, head.hash, remembered)


def rollback_problem(seq: int, digest: str, remembered: Seen | None) -> str | None:
    """Return the sentence for a head that lies before the remembered one, or is another at the same seq."""
    if remembered is None or seq > remembered.seq:
        return None
    if seq < remembered.seq:
        return (
            f"The audit trail ends at entry {seq}, but entry {remembered.seq} was seen before: its end was cut off, "
            "or the server was restored from a backup. Ask its owner; triage doctor --accept-keys takes it as it is."
        )
    if digest == remembered.hash:
        return None
    return (
        f"Entry {seq} of the audit trail is not the one that was seen before: the server was restored from a backup, "
        "or its history rewritten. Ask its owner; triage doctor --accept-keys takes it as it is."
    )


class _Replay(msgspec.Struct):
    """The chain as far as it was replayed."""

    seq: int
    hash: str
    count: int = 0

    def problem_of(self, entry: Entry) -> str | None:
        """Return what is wrong with the next entry, None when it continues the chain."""
        if entry.seq != self.seq + 1:
            missing = (
                f"entry {self.seq + 1} is missing" if entry.seq > self.seq else "it is out of order or twice there"
            )
            return f"Entry {entry.seq}: {missing}."
        if entry.prev_hash != self.hash:
            return f"Entry {entry.seq} does not follow from the one before it."
        if entry_hash(entry.prev_hash, entry.raw) != entry.hash:
            return f"Entry {entry.seq}: its text was altered, the hash does not fit."
        return shown_problem(entry)

    def advance(self, entry: Entry) -> None:
        """Take the entry as the new end."""
        self.seq, self.hash, self.count = entry.seq, entry.hash, self.count + 1


def verify_chain(
    entries: Iterable[Entry],
    remembered: Seen | None = None,
    *,
    start: Seen | None = None,
    known: Mapping[int, str] | None = None,
    whole: bool = True,
) -> ChainReport:
    """Replay entries in order, as a stream, and name the first bad one.

    `start` is the entry before the first (None: the chain begins at 1). `remembered` is the last head seen and `known`
    are hashes by seq from receipts we keep: both must lie in the chain. With `whole` False the entries are a copy that
    may lag behind the server, so what lies beyond its end is not missed.
    """
    replay = _Replay(start.seq if start else 0, start.hash if start else GENESIS)
    expected = dict(known or {})
    if remembered is not None and remembered.seq > 0:
        expected[remembered.seq] = remembered.hash
    for entry in entries:
        why = replay.problem_of(entry)
        if why is None and expected.get(entry.seq, entry.hash) != entry.hash:
            why = f"Entry {entry.seq} is not the one that was seen before: history was rewritten."
        if why is not None:
            return ChainReport(False, replay.count, entry.seq, why)
        replay.advance(entry)
    beyond = [seq for seq in expected if seq > replay.seq]
    if whole and beyond:
        why = (
            f"The audit trail ends at entry {replay.seq}, but entry {max(beyond)} was seen before: its end was cut off."
        )
        return ChainReport(False, replay.count, replay.seq + 1, why)
    return ChainReport(True, replay.count, None, None)


def shown_problem(entry: Entry) -> str | None:
    """Return which field shown beside `raw` is not what `raw` itself says, in one sentence; None when all fit."""
    try:
        said = _fields.decode(mended(entry.raw.encode()))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return f"Entry {entry.seq}: its text is not an audit entry."
    for name in _fields.type.__struct_fields__:
        inside, shown = getattr(said, name), getattr(entry, name)
        if inside != shown and not (name in _TREES and safe_tree(inside) == safe_tree(shown)):
            return f"Entry {entry.seq}: {name} is not what its text says."
    return None
