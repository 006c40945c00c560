"""Hands for tests of the loop: a real sandbox, outboxes with a movable clock, and a raw HTTP peer that misbehaves."""

import base64
import hashlib
import json
import random
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.account import Account
from data.backends.native import NativeBackend
from data.backends.port import Item
from data.identity import Identity
from data.outbox import Outbox
from data.push import Pushed, push
from data.remedy import Change, Order, Preview
from triage.sandbox import process

pytest_plugins = ["kit.tally", "kit.terminal", "kit.in_memory"]
REASON = "They asked for it on the phone"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Keep the screens as they are now: `make snapshots`, after having looked at them."""
    parser.addoption("--renew", action="store_true", help="write tests/ui/snapshots anew")


class Clock:
    """A clock that a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **by: float) -> None:
        """Go ahead by a timedelta's arguments."""
        self.ahead += timedelta(**by)


@dataclass
class Person:
    """Somebody with an outbox and a way to a server."""

    outbox: Outbox
    backend: NativeBackend
    identity: Identity
    clock: Clock
    seen: list[Item] = field(default_factory=list)
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    percent: int = 0

    def write(self, account: Account, kind: str = "apply_discount", **over: Any) -> Change:
        """Author a change; `hold` in seconds, everything else as in Order."""
        change_id = over.pop("change_id", None) or str(uuid.uuid4())
        hold = over.pop("hold", 0.0)
        if kind == "apply_discount":
            self.percent = self.percent % 2000 + 1  # never twice the same in a row: nothing would change
            over.setdefault("params", {"kind": "scholarship", "percent": self.percent / 100})
        elif kind == "note":
            over.setdefault("params", {"text": "A note"})
        over.setdefault("reason", REASON)
        order = Order(kind, account.id, **over)
        preview = Preview(kind, account.id, order.workspace_id, {"discount": None}, {"discount": {"percent": 5}}, ())
        return self.outbox.author(
            order,
            change_id=change_id,
            account=account,
            identity=self.identity,
            base_url=self.backend.base_url,
            client="tests/1 here",
            preview=preview,
            now=self.clock(),
            hold_seconds=hold,
        )

    def push(self, backend: Any = None, **over: Any) -> Pushed:
        """One round of the push."""
        over.setdefault("base_url", self.backend.base_url)
        over.setdefault("identity", self.identity)
        over.setdefault("on_accounts", self.seen.extend)
        return push(backend or self.backend, self.outbox, now=self.clock, rng=self.rng, **over)

    def row(self, change: Change) -> Change:
        """The row as it is now."""
        return self.outbox.get(change.change_id)

    def entries(self, change: Change) -> list[Any]:
        """The server's audit entries of a change."""
        return [e for page in self.backend.audit(0) for e in page.entries if e.change_id == change.change_id]


@dataclass
class Shop:
    """A running sandbox and the accounts nobody has touched yet."""

    running: process.Running
    fresh: Iterator[Item]
    directory: Callable[[], Path]
    closing: list[Callable[[], None]] = field(default_factory=list)

    def person(self, role: str = "lead", directory: Path | None = None, clock: Clock | None = None) -> Person:
        """Somebody signed in with a role, with an outbox of their own."""
        backend = NativeBackend(self.running.url, self.running.tokens[role], timeout=5)
        outbox = Outbox.open(directory or self.directory())
        self.closing += [backend.close, outbox.close]
        return Person(outbox, backend, backend.identity(), clock or Clock())

    def account(self) -> Account:
        """An account that no test has touched, without a discount."""
        return next(item.account for item in self.fresh if item.account.discount is None)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[process.Running]:
    """One sandbox for all tests that don't kill it."""
    with process.start(accounts=400, seed=7) as running:
        yield running


def accounts_of(running: process.Running) -> Iterator[Item]:
    """All accounts of a sandbox, each handed out once."""
    backend = NativeBackend(running.url, running.token)
    items = [item for batch in backend.accounts(None) for item in batch.items]
    backend.close()
    return iter(items)


@pytest.fixture(scope="session")
def untouched(sandbox: process.Running) -> Iterator[Item]:
    """The accounts of the common sandbox that no test has had yet."""
    return accounts_of(sandbox)


@pytest.fixture
def make_shop(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """Hands for any sandbox."""
    made: list[Shop] = []

    def make(running: process.Running, untouched: Iterator[Item] | None = None) -> Shop:
        made.append(Shop(running, untouched or accounts_of(running), lambda: tmp_path / uuid.uuid4().hex))
        return made[-1]

    yield make
    for shop in made:
        for close in shop.closing:
            close()


@pytest.fixture
def shop(sandbox: process.Running, untouched: Iterator[Item], make_shop: Callable[..., Shop]) -> Shop:
    """The sandbox with hands."""
    return make_shop(sandbox, untouched)


# --- a raw HTTP peer ---
@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Step = Callable[[socket.socket, Asked], bool]


def http(status: int, body: bytes | Any = b"", kind: str = "application/json", **headers: str) -> bytes:
    """The bytes of an answer; a body that is no bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def trouble(status: int, slug: str, detail: str = "So it is.", **more: Any) -> dict[str, Any]:
    """A problem document."""
    return {"type": slug, "title": "Title", "status": status, "detail": detail, **more}


class Peer:
    """Listens on loopback and answers each request with the next step of its script (the last one for good)."""

    def __init__(self) -> None:
        self.script: list[Step | bytes] = []
        self.fixed: dict[str, Step | bytes] = {}
        self.asked: list[Asked] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.key = Ed25519PrivateKey.generate()
        self.seq, self.hash = 0, "0" * 64
        self._one_at_a_time = threading.Lock()
        self.fixed["/v1/keys"] = lambda conn, _: bool(conn.sendall(http(200, self.keys())) or True)
        threading.Thread(target=self._listen, daemon=True).start()

    def keys(self) -> list[dict[str, str]]:
        """What /v1/keys answers."""
        public = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()
        return [{"key_id": "key_peer", "public_key": public}]

    def close(self) -> None:
        """Stop listening, also for the thread that waits in accept."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                conn, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: socket.socket) -> None:
        with conn, conn.makefile("rb") as stream:
            while asked := _request(stream):
                self.asked.append(asked)
                step = self.fixed.get(asked.path.split("?")[0])
                if step is None:
                    step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                if isinstance(step, bytes):
                    conn.sendall(step)
                elif not step(conn, asked):
                    return

    def receipt(self, body: bytes, **over: Any) -> dict[str, Any]:
        """A receipt as an honest server would give for a body; `over` replaces fields of the entry."""
        with self._one_at_a_time:
            return self._append(json.loads(body), over)

    def _append(self, sent: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
        self.seq += 1
        entry = {
            "seq": self.seq,
            "change_id": sent["change_id"],
            "actor": {"staff_id": "stf_maya", "name": "Maya Okafor"},
            "action": sent["kind"],
            "account_id": sent["account_id"],
            "outcome": "applied",
            "reason": sent["audit"]["reason"],
            **over,
        }
        raw = json.dumps(entry)
        prev = self.hash
        self.hash = hashlib.sha256(f"{prev}\n{raw}".encode()).hexdigest()
        signature = base64.b64encode(self.key.sign(f"{self.seq}\n{self.hash}".encode())).decode()
        return {
            "audit_seq": self.seq,
            "raw": raw,
            "prev_hash": prev,
            "hash": self.hash,
            "head_seq": self.seq,
            "head_hash": self.hash,
            "signature": signature,
            "key_id": "key_peer",
        }


def _request(stream: Any) -> Asked | None:
    first = stream.readline()
    if not first:
        return None
    method, path, _ = first.decode().split(" ", 2)
    headers = {}
    while (line := stream.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Asked(method, path, headers, stream.read(int(headers.get("content-length", 0))))


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A raw HTTP peer."""
    made = Peer()
    yield made
    made.close()


EXAMPLE: dict[str, Any] = {
    "id": "acc_1",
    "name": "Northwind Pilot",
    **dict.fromkeys(
        [
            "org_id",
            "org_name",
            "scope",
            "industry",
            "segment",
            "tier_expires_at",
            "downgraded_at",
            "downgraded_from",
            "downgrade_cause",
            "payment_mode",
            "revenue_class",
            "currency",
            "mrr",
            "discount",
            "created_at",
            "renewal_at",
            "csm",
            "admin_logins",
            "signals",
            "claim",
            "snooze",
            "case",
            "updated_at",
        ]
    ),
    "tier": "pilot",
    "contacts": [],
    "workspaces": [],
    "flags": [],
    "version": 4,
    "seq": 10,
}


@dataclass
class Bench:
    """A person in front of a raw peer."""

    peer: Peer
    person: Person
    account: Account

    def another(self, account_id: str) -> Account:
        """One more account."""
        return account_named(account_id)

    def applied(self, conn: socket.socket, asked: Asked, **over: Any) -> bool:
        """Answer as an honest server; `over` replaces members of the body."""
        sent = json.loads(asked.body)
        account = {**EXAMPLE, "id": over.pop("account_id", sent["account_id"]), "version": 5, "seq": 11}
        body = {"change_id": sent["change_id"], "account": account, "receipt": self.peer.receipt(asked.body), **over}
        conn.sendall(http(200 if asked.method == "GET" else 201, body))
        return True


def account_named(account_id: str, **over: Any) -> Account:
    """An account as decoded from the wire."""
    from data.backends.native_delta import account_decoder

    return account_decoder.decode(json.dumps({**EXAMPLE, "id": account_id, **over}).encode())


MAYA = Identity("stf_maya", "Maya Okafor", None, "lead", (), 100.0, None)  # type: ignore[arg-type]


@pytest.fixture
def bench(peer: Peer, tmp_path: Path) -> Iterator[Bench]:
    """A person with an outbox of their own in front of a raw peer; time-outs after 2 s."""
    outbox = Outbox.open(tmp_path / "home")
    backend = NativeBackend(peer.url, "tok_secret", timeout=2)
    yield Bench(peer, Person(outbox, backend, MAYA, Clock()), account_named("acc_1"))
    outbox.close()
    backend.close()


@pytest.fixture
def example() -> Callable[..., Account]:
    """Make an account as decoded from the wire."""
    return account_named
