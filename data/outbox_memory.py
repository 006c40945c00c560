"""What the outbox remembers beside changes: drafts, the last audit heads, pinned keys, recent reasons, the trail."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from data.account import Value
from data.outbox_file import OutboxFile
from data.outbox_rows import moment
from data.receipts import Pin, Seen, rollback_problem
from data.remedy import REMEDIES, Draft
from data.safe_text import SafeText, safe_text
from data.wire import decoder, encode

_drafts = decoder(Draft)


class TrailEntry(Value, frozen=True):
    """One entry of our own trail; `raw` is the hashed JSON text."""

    seq: int
    change_id: str
    event: str
    raw: str
    prev_hash: str
    hash: str


class Memory(OutboxFile):
    """Drafts, heads, keys and reasons."""

    # --- drafts ---
    def save_draft(self, draft: Draft) -> None:
        """Keep a half-filled form under its change id."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO draft (change_id, account_id, kind, payload, saved_at) VALUES (?,?,?,?,?)",
                (draft.change_id, draft.account_id, draft.kind, encode(draft), draft.saved_at.timestamp()),
            )

    def drafts(self) -> tuple[Draft, ...]:
        """All half-filled forms, the latest first; one that cannot be read is left out."""
        found = []
        for row in self._rows("SELECT payload FROM draft ORDER BY saved_at DESC"):
            try:
                found.append(_drafts.decode(row["payload"]))
            except msgspec.DecodeError:
                continue
        return tuple(found)

    def draft_for(self, kind: str, account_id: str) -> Draft | None:
        """The latest half-filled form of this kind on this account."""
        return next((one for one in self.drafts() if (one.kind, one.account_id) == (kind, account_id)), None)

    def recent_reasons(self, limit: int) -> tuple[SafeText, ...]:
        """The reasons last given for remedies, each once, the latest first."""
        marks = ",".join("?" * len(REMEDIES))
        query = (
            f"SELECT reason FROM change WHERE kind IN ({marks}) AND reason <> '' "
            "GROUP BY reason ORDER BY max(position) DESC LIMIT ?"
        )
        return tuple(safe_text(row["reason"], cells=None) for row in self._rows(query, *REMEDIES, limit))

    # --- the audit heads of backends ---
    def remembered_head(self, base_url: str) -> Seen | None:
        """The last audit head seen of a backend."""
        rows = self._rows("SELECT * FROM head WHERE base_url = ?", base_url)
        return Seen(rows[0]["seq"], rows[0]["hash"], moment(rows[0]["seen_at"])) if rows else None

    def remember_head(self, base_url: str, seq: int, digest: str, now: datetime) -> str | None:
        """Advance the remembered head, never back; returns what is wrong when the new one contradicts it."""
        with self._writing():
            return self._advance_head(base_url, seq, digest, now)

    def _advance_head(self, base_url: str, seq: int, digest: str, now: datetime) -> str | None:
        known = self.remembered_head(base_url)
        wrong = rollback_problem(seq, digest, known)
        if wrong is None and (known is None or seq > known.seq):
            self._connection.execute(
                "INSERT OR REPLACE INTO head (base_url, seq, hash, seen_at) VALUES (?,?,?,?)",
                (base_url, seq, digest, now.timestamp()),
            )
        return wrong

    def receipts(self, base_url: str, after: int = 0) -> tuple[Seen, ...]:
        """The entries, above seq `after`, that receipts since the pinning prove: they must be in the chain for good."""
        return tuple(self._receipts(base_url, "finished_at >= ? AND json_extract(receipt, '$.audit_seq') > ?", after))

    def known_hashes(self, base_url: str) -> dict[int, str]:
        """The same as hashes by audit seq."""
        return {one.seq: one.hash for one in self.receipts(base_url)}

    def former_hashes(self, base_url: str) -> dict[int, str]:
        """Those from before the keys were pinned: since then a person has taken the server's head as it was."""
        return {one.seq: one.hash for one in self._receipts(base_url, "finished_at < ?")}

    def _receipts(self, base_url: str, when: str, *values: int) -> list[Seen]:
        since = min((pin.pinned_at.timestamp() for pin in self.pins(base_url) if pin.pinned_at), default=0.0)
        query = f"SELECT receipt FROM change WHERE state = 'applied' AND base_url = ? AND {when} ORDER BY position"
        rows = self._rows(query, base_url, since, *values)
        kept = [msgspec.json.decode(row["receipt"]) for row in rows if row["receipt"]]
        return [Seen(receipt["audit_seq"], receipt["hash"]) for receipt in kept]

    # --- the signing keys of backends ---
    def pinned_keys(self, base_url: str) -> dict[str, str]:
        """The pinned public keys by key id, base64."""
        rows = self._rows("SELECT key_id, public_key FROM pinned_key WHERE base_url = ?", base_url)
        return {row["key_id"]: row["public_key"] for row in rows}

    def pins(self, base_url: str) -> tuple[Pin, ...]:
        """The pinned public keys with the time since when each is believed."""
        rows = self._rows("SELECT * FROM pinned_key WHERE base_url = ? ORDER BY pinned_at", base_url)
        return tuple(Pin(row["key_id"], row["public_key"], moment(row["pinned_at"])) for row in rows)

    def pin(self, base_url: str, keys: Mapping[str, str], now: datetime) -> tuple[str, ...]:
        """Pin on first use; afterwards return what has changed, in sentences.

        A further key is pinned (and reported) only while every key pinned before is still served as it was; anything
        else is reported and not believed until a person calls `accept_keys`.
        """
        known = self.pinned_keys(base_url)
        new = {key_id: key for key_id, key in keys.items() if key_id not in known}
        if not known:
            self._pin(base_url, new, now)
            return ()
        if any(keys.get(key_id) != key for key_id, key in known.items()):
            return (f"The signing keys of {base_url} are not the ones seen before. Receipts are not believed until "
                    "somebody has asked its owner and says so: triage doctor --accept-keys",)  # fmt: skip
        self._pin(base_url, new, now)
        return tuple(f"{base_url} has a further signing key, {safe_text(key_id)}; the earlier stand." for key_id in new)

    def accept_keys(self, base_url: str, keys: Mapping[str, str], now: datetime, head: Seen | None = None) -> None:
        """Replace the pinned keys, and the remembered head by `head`, because a person has confirmed them."""
        with self._writing() as connection:
            connection.execute("DELETE FROM pinned_key WHERE base_url = ?", (base_url,))
            if head is not None:
                connection.execute("DELETE FROM head WHERE base_url = ?", (base_url,))
                self._advance_head(base_url, head.seq, head.hash, now)
        self._pin(base_url, keys, now)

    def _pin(self, base_url: str, keys: Mapping[str, str], now: datetime) -> None:
        if keys:
            with self._writing() as connection:
                connection.executemany(
                    "INSERT INTO pinned_key (base_url, key_id, public_key, pinned_at) VALUES (?,?,?,?)",
                    [(base_url, key_id, key, now.timestamp()) for key_id, key in keys.items()],
                )

    # --- our own trail ---
    def trail(self) -> Iterator[TrailEntry]:
        """Our own hashed trail from its first entry, for export."""
        for row in self._rows("SELECT * FROM trail ORDER BY seq"):
            yield TrailEntry(**dict(row))
