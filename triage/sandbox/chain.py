"""The audit chain: entries hashed one upon the other, and the Ed25519 signature over its head."""

import base64
import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from triage.sandbox.codec import dumps

GENESIS = "0" * 64
INSERT = (
    "INSERT INTO audit (seq, change_id, staff_id, name, account_id, action, outcome, dedupe_key, result_version, "
    "applied_at, raw, prev_hash, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


@dataclass(frozen=True)
class Link:
    """Where the chain stands: the last entry's seq and hash."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Signer:
    """The server's signing key."""

    private: Ed25519PrivateKey

    @classmethod
    def from_text(cls, text: str) -> "Signer":
        """The signer of a stored private key (base64 of 32 bytes)."""
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(text)))

    @staticmethod
    def new_text() -> str:
        """A fresh private key as text to store."""
        return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()

    @property
    def public_key(self) -> str:
        """The public key, base64 of 32 bytes."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    @property
    def key_id(self) -> str:
        """A short name of the key, derived from it."""
        return "key_" + hashlib.sha256(self.private.public_key().public_bytes_raw()).hexdigest()[:16]

    def sign(self, link: Link) -> str:
        """Base64 signature over seq, a line feed and hash."""
        return base64.b64encode(self.private.sign(f"{link.seq}\n{link.hash}".encode())).decode()


@dataclass(frozen=True)
class Entry:
    """One entry before it is chained: the contract's fields, plus what the server keeps for itself."""

    change_id: str | None
    staff_id: str
    name: str
    permissions: tuple[str, ...]
    action: str
    account_id: str
    workspace_id: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    outcome: str
    reason: str | None
    authored_at: str | None
    applied_at: str
    client: str | None
    dedupe_key: str | None = None
    result_version: int | None = None

    def raw(self, seq: int) -> str:
        """The JSON text that is hashed and served."""
        return dumps(
            {
                "seq": seq,
                "change_id": self.change_id,
                "actor": {"staff_id": self.staff_id, "name": self.name},
                "permissions": self.permissions,
                "action": self.action,
                "account_id": self.account_id,
                "workspace_id": self.workspace_id,
                "before": self.before,
                "after": self.after,
                "outcome": self.outcome,
                "reason": self.reason,
                "authored_at": self.authored_at,
                "applied_at": self.applied_at,
                "client": self.client,
            }
        )


def head(connection: sqlite3.Connection) -> Link:
    """The chain's end; seq 0 and 64 zeros when nothing was ever written."""
    row = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return Link(0, GENESIS) if row is None else Link(row["seq"], row["hash"])


def link(entry: Entry, last: Link) -> tuple[Any, ...]:
    """The row that appends `entry` after `last`, in the order of INSERT; its hash is the last value."""
    seq = last.seq + 1
    raw = entry.raw(seq)
    digest = hashlib.sha256(f"{last.hash}\n{raw}".encode()).hexdigest()
    kept = (entry.change_id, entry.staff_id, entry.name, entry.account_id, entry.action, entry.outcome)
    return (seq, *kept, entry.dedupe_key, entry.result_version, entry.applied_at, raw, last.hash, digest)


def append(connection: sqlite3.Connection, entry: Entry, signer: Signer) -> dict[str, Any]:
    """Append `entry` in the caller's transaction; returns the receipt."""
    last = head(connection)
    row = link(entry, last)
    connection.execute(INSERT, row)
    now = Link(row[0], row[-1])
    return {
        "audit_seq": now.seq,
        "raw": row[-3],
        "prev_hash": last.hash,
        "hash": now.hash,
        "head_seq": now.seq,
        "head_hash": now.hash,
        "signature": signer.sign(now),
        "key_id": signer.key_id,
    }


def served(row: sqlite3.Row) -> str:
    """JSON text of an entry as `/v1/audit` serves it: the hashed fields, then raw, prev_hash and hash."""
    raw = str(row["raw"])
    return f'{raw[:-1]},"raw":{dumps(raw)},"prev_hash":"{row["prev_hash"]}","hash":"{row["hash"]}"}}'
