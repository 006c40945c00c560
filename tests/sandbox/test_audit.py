"""The audit chain, verified here from the served bytes alone: no code of the server takes part."""

import base64
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = [
    "seq",
    "change_id",
    "actor",
    "permissions",
    "action",
    "account_id",
    "workspace_id",
    "before",
    "after",
    "outcome",
    "reason",
    "authored_at",
    "applied_at",
    "client",
]


def first_bad(entries: list[dict[str, Any]]) -> int | None:
    """The seq of the first entry that breaks the chain."""
    last = "0" * 64
    for number, entry in enumerate(entries, start=1):
        digest = hashlib.sha256(f"{last}\n{entry['raw']}".encode()).hexdigest()
        shown = {key: value for key, value in entry.items() if key not in ("raw", "prev_hash", "hash")}
        sound = entry["seq"] == number and entry["prev_hash"] == last and entry["hash"] == digest
        if not sound or json.loads(entry["raw"]) != shown:
            return number
        last = entry["hash"]
    return None


def signed(keys: list[dict[str, str]], key_id: str, seq: int, digest: str, signature: str) -> bool:
    """Whether the signature is the named key's over seq and hash."""
    key = next(one for one in keys if one["key_id"] == key_id)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["public_key"]))
    try:
        public.verify(base64.b64decode(signature), f"{seq}\n{digest}".encode())
    except InvalidSignature:
        return False
    return True


def test_the_chain_holds_from_the_first_entry_to_the_signed_head(world: Any) -> None:
    made = world.add()
    receipt = world.change("reset_usage", made).json()["receipt"]
    world.change("reset_usage", made, "viewer")
    world.change("note", made, version=None, params={"text": 'quotes " and ünïcode ✓ \\ '})
    entries = world.audit()
    assert first_bad(entries) is None
    assert list(entries[0]) == [*FIELDS, "raw", "prev_hash", "hash"]
    head = world.client().get("/v1/audit/head").json()
    assert (head["seq"], head["hash"]) == (entries[-1]["seq"], entries[-1]["hash"])
    keys = world.client().get("/v1/keys").json()
    assert signed(keys, head["key_id"], head["seq"], head["hash"], head["signature"])
    assert not signed(keys, head["key_id"], head["seq"] + 1, head["hash"], head["signature"])
    mine = entries[receipt["audit_seq"] - 1]
    assert {key: mine[key] for key in ("raw", "prev_hash", "hash")} == {
        key: receipt[key] for key in ("raw", "prev_hash", "hash")
    }
    assert signed(keys, receipt["key_id"], receipt["head_seq"], receipt["head_hash"], receipt["signature"])


def test_the_verifier_would_notice(world: Any) -> None:
    world.change("reset_usage", world.add())
    entries = world.audit()
    second = entries[1]
    for forgery in (
        {"reason": "another"},
        {"raw": second["raw"].replace("applied", "denied ")},
        {"seq": second["seq"] + 1},
    ):
        assert first_bad([entries[0], {**second, **forgery}, *entries[2:]]) == 2
    assert first_bad(entries[:1] + entries[2:]) == 2


def test_seeded_entries_are_chained_by_time(world: Any) -> None:
    seeded = world.audit()[:3]
    assert [entry["account_id"] for entry in seeded] == ["acc_2", "acc_1", "acc_0"]
    assert all(entry["actor"]["name"] == "Tom Reyes" for entry in seeded)
    assert all(entry["permissions"] for entry in seeded)


def test_applied_at_has_microseconds(world: Any) -> None:
    world.change("reset_usage", world.add())
    assert len(world.audit()[-1]["applied_at"]) == len("2026-11-21T07:40:00.000000Z")


def test_pages_and_one_accounts_entries(world: Any) -> None:
    made = world.add()
    for n in range(3):
        world.change("note", made, version=None, params={"text": f"note {n}"})
    page = world.client().get("/v1/audit", params={"account_id": made["id"], "limit": 2}).json()
    assert ([entry["after"]["text"] for entry in page["entries"]], page["more"]) == (["note 0", "note 1"], True)
    rest = world.client().get("/v1/audit", params={"account_id": made["id"], "after": page["next_after"]}).json()
    assert ([entry["after"]["text"] for entry in rest["entries"]], rest["more"]) == (["note 2"], False)


def test_seq_is_dense_over_applied_and_denied(world: Any) -> None:
    made = world.add()
    start = world.client().get("/v1/audit/head").json()["seq"]
    world.change("note", made, "viewer", None, params={"text": "x"})
    world.change("reset_usage", made, reason="short")
    world.change("note", made, "lead", None, params={"text": "x"})
    new = world.client().get("/v1/audit", params={"after": start}).json()["entries"]
    assert [(entry["seq"], entry["outcome"]) for entry in new] == [(start + 1, "denied"), (start + 2, "applied")]
