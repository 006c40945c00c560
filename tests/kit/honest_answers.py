"""What an honest server of one account answers, in full, so that one place of it can be made wrong."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kit.bad_answers import JSON, NDJSON, answer

AT = "2026-11-20T10:00:00Z"
ME = {
    "staff_id": "stf_maya",
    "name": "Maya Okafor",
    "email": "maya@vendor.example",
    "role": "lead",
    "permissions": ["usage:reset", "discount:write"],
    "discount_limit": 100,
    "server_time": "2026-11-21T12:00:00.000000Z",
}
DAILY = [1, None, 3]
WORKSPACE = {
    "id": "ws_1",
    "name": "Ward 7",
    "hours_used": 10.2,
    "hours_included": 10.0,
    "hours_daily": [0.5, None, 1.5],
    "hours_as_of": "2026-11-20",
    "lifetime_hours": 12.9,
    "locked": True,
    "hard_block": True,
    "blocked_since": AT,
    "cap_reached_at": AT,
    "seats_used": 4,
    "seats_licensed": 5,
    "cycle_start": "2026-11-01T00:00:00Z",
    "cycle_end": "2026-12-01T00:00:00Z",
    "usage_reset_at": None,
}
ACCOUNT: dict[str, Any] = {
    "id": "acc_1",
    "name": "Northwind Pilot",
    "org_id": "org_19",
    "org_name": "Northwind",
    "scope": "organisation",
    "industry": "Public sector",
    "segment": "smb",
    "tier": "pilot",
    "tier_expires_at": "2027-01-01T00:00:00Z",
    "downgraded_at": AT,
    "downgraded_from": "guardian",
    "downgrade_cause": "staff",
    "payment_mode": "none",
    "revenue_class": "trial",
    "currency": "EUR",
    "mrr": 34900,
    "discount": {"kind": "scholarship", "percent": 20.0},
    "created_at": "2025-03-02T09:00:00Z",
    "renewal_at": "2027-03-02T09:00:00Z",
    "csm": {"staff_id": "stf_maya", "name": "Maya Okafor", "email": "maya@vendor.example"},
    "contacts": [{"user_id": "usr_1", "name": "Iris", "email": "iris@nw.example", "role": "admin", "reachable": True}],
    "admin_logins": {"as_of": "2026-11-20", "last_at": AT, "count_7d": 3, "count_30d": 9, "daily": DAILY},
    "workspaces": [WORKSPACE],
    "signals": {
        "as_of": "2026-11-20",
        "adoption_pct": 40.0,
        "most_used_feature": "notes",
        "last_active_at": AT,
        "use_case": "Wards",
        "active_users_daily": None,
        "products": [],
        "features_used": None,
        "features_available": None,
        "last_feature": None,
        "nps": [],
        "csat": [],
        "tickets": None,
        "outreach": None,
        "champion": None,
        "payment": None,
        "contraction_notice": None,
        "competitor_evaluation": None,
        "complex": None,
        "dau_mau": None,
        "session_minutes": None,
        "meetings": None,
        "stakeholders": None,
        "permission_downgrades_30d": None,
    },
    "flags": ["complex"],
    "claim": {"staff_id": "stf_tom", "name": "Tom Reyes", "until": "2026-11-22T00:00:00Z"},
    "snooze": {
        "staff_id": "stf_tom",
        "name": "Tom Reyes",
        "until": "2026-11-20T12:00:00Z",
        "reason": "Waiting for their budget",
        "category": "at_cap",
        "wake_on_worse": True,
    },
    "case": None,
    "version": 4,
    "seq": 11,
    "updated_at": AT,
}
MEMBERS = {
    "members": [
        {
            "membership_id": "mem_1",
            "user_id": "usr_1",
            "name": "Iris",
            "email": "iris@nw.example",
            "role": "member",
            "reachable": True,
        }
    ]
}


class Server:
    """Signs what it says; `answer` is the honest answer to a request."""

    def __init__(self) -> None:
        self.signer = Ed25519PrivateKey.generate()
        self.entries = [self._entry()]
        self.news = False  # True: the probe of a delta says that more follows

    def _entry(self) -> dict[str, Any]:
        said = {
            "seq": 1,
            "change_id": "0b0e8f0a-7f5d-4b43-9f4e-6a1f6f0c7b11",
            "actor": {"staff_id": "stf_tom", "name": "Tom Reyes"},
            "permissions": ["records:write"],
            "action": "log_contact",
            "account_id": "acc_1",
            "workspace_id": None,
            "before": {},
            "after": {"channel": "phone"},
            "outcome": "applied",
            "reason": "They called",
            "authored_at": AT,
            "applied_at": AT,
            "client": "triage/1 here",
        }
        raw = json.dumps(said)
        return {**said, "raw": raw, "prev_hash": "0" * 64, "hash": self.digest("0" * 64, raw)}

    @staticmethod
    def digest(previous: str, raw: str) -> str:
        """The hash of an entry."""
        return hashlib.sha256(f"{previous}\n{raw}".encode()).hexdigest()

    def sign(self, seq: int, digest: str) -> str:
        """The signature of a head."""
        return base64.b64encode(self.signer.sign(f"{seq}\n{digest}".encode())).decode()

    def head(self) -> dict[str, Any]:
        """The signed head."""
        digest = self.entries[-1]["hash"]
        return {"seq": 1, "hash": digest, "signature": self.sign(1, digest), "key_id": "key_1"}

    def keys(self) -> list[dict[str, str]]:
        """The public key."""
        return [
            {"key_id": "key_1", "public_key": base64.b64encode(self.signer.public_key().public_bytes_raw()).decode()}
        ]

    def applied(self, body: bytes) -> dict[str, Any]:
        """The answer to a change: applied, with a receipt."""
        sent = json.loads(body)
        said = {
            "seq": 2,
            "change_id": sent["change_id"],
            "account_id": sent["account_id"],
            "outcome": "applied",
            "reason": sent["audit"]["reason"],
        }
        raw = json.dumps(said)
        digest = self.digest(self.entries[-1]["hash"], raw)
        receipt = {"audit_seq": 2, "raw": raw, "prev_hash": self.entries[-1]["hash"], "hash": digest}
        receipt |= {"head_seq": 2, "head_hash": digest, "signature": self.sign(2, digest), "key_id": "key_1"}
        account = {**ACCOUNT, "id": sent["account_id"], "version": 5, "seq": 12}
        return {"change_id": sent["change_id"], "account": account, "receipt": receipt}

    def page(self, more: bool = False) -> dict[str, Any]:
        """A page of the delta; with `more` the one that only tells the epoch."""
        return {
            "epoch": "e1",
            "accounts": [ACCOUNT],
            "next_after": 11,
            "more": more,
            "complete_through": "2026-11-20",
        }

    @staticmethod
    def stream(*lines: Any, count: int | None = None) -> bytes:
        """The stream with its trailer."""
        said = len(lines) if count is None else count
        trailer = {"epoch": "e1", "next_after": 11, "count": said, "complete_through": "2026-11-20"}
        return b"".join(json.dumps(line).encode() + b"\n" for line in (*lines, trailer))

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        """The honest answer."""
        where, _, query = path.partition("?")
        if method == "POST":
            return answer(201, json.dumps(self.applied(body)).encode())
        if where == "/v1/accounts":
            fresh = "after=" not in query
            if "limit=" in query:
                page = self.page(more=fresh or self.news)
                return answer(200, json.dumps(page if page["more"] else {**page, "accounts": []}).encode())
            return answer(200, self.stream(*[ACCOUNT] * fresh), NDJSON)
        audit = {"entries": self.entries if "after=0" in query else [], "next_after": 1, "more": False}
        said: Any = {
            "/v1/me": ME,
            "/v1/accounts/acc_1": ACCOUNT,
            "/v1/workspaces/ws_1/members": MEMBERS,
            "/v1/audit": audit,
            "/v1/audit/head": self.head(),
            "/v1/keys": self.keys(),
        }.get(where)
        return answer(200, json.dumps(said).encode(), JSON) if said is not None else answer(404, b"{}")
