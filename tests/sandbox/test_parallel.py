"""Many at once on one account: exactly one write wins per version; slow and silent clients hold nobody up."""

import contextlib
import hashlib
import json
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from triage.sandbox.limits import MAX_BODY

WRITERS = 60
TRIES = 400


class Writer:
    """Somebody with a connection of their own, who reads the account and writes a discount until it is taken."""

    def __init__(self, world: Any, number: int, account_id: str, start: threading.Barrier) -> None:
        self.world, self.number, self.account_id, self.start = world, number, account_id, start
        self.lost: list[tuple[int, dict[str, Any]]] = []
        self.won: dict[str, Any] = {}
        self.on = 0

    def __call__(self) -> "Writer":
        role = ("lead", "agent")[self.number % 2]
        headers = {"Authorization": f"Bearer {self.world.running.tokens[role]}"}
        with httpx.Client(base_url=self.world.running.url, headers=headers, verify=False, timeout=60) as client:
            self.on = client.get(f"/v1/accounts/{self.account_id}").json()["version"]
            self.start.wait(60)
            for _ in range(TRIES):
                percent = round(0.1 + self.number / 10 + len(self.lost) % 2 * 10, 1)
                params = {"kind": "scholarship", "percent": percent}
                body = self.world.body("apply_discount", self.account_id, params=params, workspace=False)
                tags = {"Idempotency-Key": body["change_id"], "If-Match": f'"cv-{self.on}"'}
                answer = client.post("/v1/changes", json=body, headers=tags)
                if answer.status_code == 201:
                    self.won = {"body": body, "answer": answer.json(), "version": self.on}
                    return self
                assert answer.status_code == 412, answer.text
                said = answer.json()
                self.lost.append((self.on, said))
                self.on = said["version"]
        raise AssertionError("never won")


def test_parallel_writers_on_one_account(world: Any, tally: Any) -> None:
    made = world.add()
    begun = len(world.audit())
    start = threading.Barrier(WRITERS)
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = list(pool.map(lambda number: Writer(world, number, made["id"], start)(), range(WRITERS)))
    by_version = Counter(writer.won["version"] for writer in writers)
    assert by_version == Counter(range(1, WRITERS + 1)), "a version was won twice or by nobody"
    assert world.now(made["id"])["version"] == WRITERS + 1
    entries = world.audit(account_id=made["id"])
    of_version = {writer.won["version"]: writer for writer in writers}
    assert [entry["change_id"] for entry in entries] == [
        of_version[version].won["body"]["change_id"] for version in range(1, WRITERS + 1)
    ]
    # no update is lost: what each saw before is what the one before it wrote
    before = None
    for entry, version in zip(entries, range(1, WRITERS + 1), strict=True):
        assert entry["before"]["discount"] == before
        before = entry["after"]["discount"]
        won = of_version[version].won
        assert before == won["body"]["params"] == won["answer"]["account"]["discount"]
        assert won["answer"]["account"]["version"] == version + 1
    assert world.now(made["id"])["discount"] == before
    assert sum(len(writer.lost) for writer in writers) >= WRITERS - 1
    for writer in writers:
        for seen, said in writer.lost:
            told = [move["change_id"] for move in said["moved"]]
            assert told == [entry["change_id"] for entry in entries[seen - 1 : said["version"] - 1]], "wrong `moved`"
            assert all(
                {"field", "from", "to", "name", "at", "reason", "staff_id"} <= move.keys() for move in said["moved"]
            )
    the_chain_holds(world.audit())
    assert len(world.audit()) >= begun + WRITERS
    tally("parallel writers on one account", WRITERS)


def the_chain_holds(entries: list[dict[str, Any]]) -> None:
    last = "0" * 64
    for number, entry in enumerate(entries, start=1):
        digest = hashlib.sha256(f"{last}\n{entry['raw']}".encode()).hexdigest()
        assert (entry["seq"], entry["prev_hash"], entry["hash"]) == (number, last, digest)
        last = entry["hash"]


def test_the_same_change_from_many_connections_is_applied_once(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    start = threading.Barrier(20)

    def send(_number: int) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {world.running.token}", "Idempotency-Key": body["change_id"]}
        with httpx.Client(base_url=world.running.url, headers=headers, verify=False, timeout=60) as client:
            start.wait(60)
            answer = client.post("/v1/changes", json=body, headers={"If-Match": '"cv-1"'})
            return answer.status_code, answer.text

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert Counter(status for status, _ in answers) == {201: 1, 200: 19}
    assert len({text for _, text in answers}) == 1
    assert len(world.audit(account_id=made["id"])) == 1


# --- slow and silent clients ---
def dial(world: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(world.running.url.rpartition(":")[2])), timeout=30)


def head_of(world: Any, length: int | None) -> bytes:
    lines = ["POST /v1/changes HTTP/1.1", "Host: x", f"Authorization: Bearer {world.running.token}"]
    lines += ["Content-Type: application/json"]
    lines += ["Transfer-Encoding: chunked"] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def everything(wire: socket.socket) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := wire.recv(65536):
            said += piece
    return said


def test_slow_and_idle_clients_hold_nobody_up(launch: Any) -> None:
    own = launch(extra=["--body-seconds", "1.5"])
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(dial(own)) for _ in range(150)]
        half_heads = [stack.enter_context(dial(own)) for _ in range(50)]
        half_bodies = [stack.enter_context(dial(own)) for _ in range(100)]
        for wire in half_heads:
            wire.sendall(b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for wire in half_bodies:
            wire.sendall(head_of(own, 1000) + b'{"change_id": "')
        begun = time.monotonic()
        for _ in range(20):
            assert own.client().get("/v1/accounts/acc_0").status_code == 200
        assert own.change("note", "acc_0", version=None, params={"text": "meanwhile"}).status_code == 201
        others = time.monotonic() - begun
        answers = [everything(wire) for wire in half_bodies]
        slow = time.monotonic() - begun
        assert others < max(slow, 1.5), "the others waited for the slow ones"
        for said in answers:
            head, _, body = said.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 408") and json.loads(body)["type"] == "timeout"
        for wire in half_heads[:5]:
            wire.sendall(b"1\r\n\r\n")
            assert wire.recv(100).startswith(b"HTTP/1.1 401")
        idle[0].sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle[0].recv(100).startswith(b"HTTP/1.1 200")
    assert own.client().get("/v1/health").status_code == 200


def test_a_drip_of_a_body_does_not_stretch_its_deadline(launch: Any) -> None:
    own = launch(extra=["--body-seconds", "1"])
    with dial(own) as wire:
        wire.sendall(head_of(own, None))
        begun = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() - begun < 20:
                wire.sendall(b"1\r\n \r\n")
                time.sleep(0.05)
                wire.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    if said := wire.recv(100):
                        break
                wire.setblocking(True)
        assert said.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - begun < 15


def test_bodies_are_counted_on_the_stream_whatever_their_length_says(world: Any) -> None:
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    with dial(world) as wire:
        wire.sendall(head_of(world, None) + chunk * (MAX_BODY // 0x4000 + 1) + b"0\r\n\r\n")
        assert everything_of_one(wire).startswith(b"HTTP/1.1 413")
    with dial(world) as wire:  # without end: refused once enough has been thrown away
        wire.sendall(head_of(world, None))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(400):
                wire.sendall(chunk)
        with contextlib.suppress(ConnectionResetError):
            assert wire.recv(100).startswith(b"HTTP/1.1 413")
    with dial(world) as wire:
        wire.sendall(head_of(world, 10**12) + b" " * 2_000_000)
        with contextlib.suppress(ConnectionResetError):
            assert wire.recv(100).startswith(b"HTTP/1.1 413")
    assert world.client().get("/v1/health").status_code == 200


def everything_of_one(wire: socket.socket) -> bytes:
    return wire.recv(65536)
