"""The proxy of the fault tests: a raw client really meets every fault, and `hits` counts them."""

import json
import re
import socket
from collections.abc import Iterator

import pytest
from kit.proxy import FAULTS, Proxy

from data.backends.native import NativeBackend

BEFORE = {"reset before", "stale keep-alive", "429 seconds", "429 date", "503", "401", "captive portal",
          "redirect elsewhere", "drop before"}  # fmt: skip


class Client:
    """A raw connection through the proxy."""

    def __init__(self, proxy: Proxy) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(proxy.url.rsplit(":", 1)[1])), timeout=0.3)
        self.stream = self.socket.makefile("rb")

    def ask(self, change_id: str = "chg-1") -> str:
        """POST a change; the status or what went wrong, and the body behind it."""
        body = json.dumps(
            {"change_id": change_id, "account_id": "acc_1", "kind": "note", "audit": {"reason": "r"}}
        ).encode()
        head = f"POST /v1/changes HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        try:
            self.socket.sendall(head.encode() + body)
            return self._answer()
        except (ConnectionResetError, BrokenPipeError):
            return "reset"
        except TimeoutError:
            return "silence"

    def _answer(self) -> str:
        lines = []
        while (line := self.stream.readline()) not in (b"\r\n", b""):
            lines.append(line.decode().strip())
        if not line:
            return "end"
        found = re.search(r"content-length: (\d+)", "\n".join(lines), re.IGNORECASE)
        self.retry = re.search(r"Retry-After: (.*)", "\n".join(lines))
        self.moved = re.search(r"Location: (.*)", "\n".join(lines))
        wanted = int(found.group(1)) if found else 0
        body = self.stream.read(wanted)
        status = lines[0].split()[1]
        return f"{status} {len(body)}/{wanted} {body.decode('utf-8', 'replace')}"


@pytest.fixture
def proxy(bench) -> Iterator[Proxy]:
    """A proxy in front of a peer that applies whatever it gets."""
    bench.peer.script[:] = [bench.applied]
    body = json.dumps({"accounts": [{"id": "acc_1"}, {"id": "acc_other"}]}).encode()
    listed = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    bench.peer.fixed["/v1/accounts"] = lambda conn, _: bool(conn.sendall(listed) or True)
    made = Proxy(bench.peer.url, seed=3)
    yield made
    made.close()


def seen(fault: str, client: Client, said: str) -> bool:
    """Whether a client saw what the fault's name says."""
    whole = re.match(r"201 (\d+)/\1 ", said) is not None
    mine = '"change_id": "chg-2"' in said
    status = said.split(" ")[0]
    return {
        "reset before": said == "reset",
        "reset after": said == "reset",
        "stale keep-alive": said == "reset",
        "drop before": said == "end",
        "drop after commit": said == "end",
        "stall": said == "silence",
        "slow drip": said == "silence",
        "cut body": status == "201" and not whole,
        "wrong length": status == "201" and (not whole or said.count("{") != said.count("}")),
        "duplicate delivery": whole and mine,
        "reordered answers": whole and not mine and '"change_id": "chg-1"' in said,
        "foreign body": status == "201" and mine and "acc_other" in said,
        "429 seconds": status == "429" and client.retry is not None and client.retry[1].strip() == "2",
        "429 date": status == "429" and client.retry is not None and "GMT" in client.retry[1],
        "503": status == "503" and "unavailable" in said and client.retry is not None,
        "502 after commit": status == "502" and "<html>" in said,
        "401": status == "401" and "unauthenticated" in said,
        "captive portal": status == "200" and "<html>" in said,
        "redirect elsewhere": status == "307" and client.moved is not None,
    }[fault]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "refused"])
def test_every_fault_is_seen_by_a_client_and_counted(proxy, bench, fault):
    proxy.set(None, fault, None)
    client = Client(proxy)
    assert client.ask("chg-1").startswith("201 ")
    came = len(bench.peer.asked)
    said = client.ask("chg-2")
    assert seen(fault, client, said), said
    assert proxy.hits == {fault: 1}
    reached = [asked for asked in bench.peer.asked[came:] if asked.method == "POST"]
    if fault == "stall":
        assert len(reached) <= 1
    else:
        assert len(reached) == (0 if fault in BEFORE else 2 if fault == "duplicate delivery" else 1)
    assert Client(proxy).ask("chg-3").startswith("201 ")
    assert not proxy.plan and proxy.leaks == 0


def test_nobody_listens_on_the_kept_port_until_told(proxy):
    kept = Client(proxy)
    assert kept.ask().startswith("201 ")
    for begin in (lambda: proxy.set("refused", "429 seconds"), proxy.down):
        begin()
        assert kept.ask() == "reset"
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                Client(proxy)
        proxy.up()
        kept = Client(proxy)
        assert kept.ask()[:3] in ("429", "201")
    assert proxy.hits == {"refused": 1, "429 seconds": 1}


def test_a_refusal_after_an_answer_ends_the_connection_with_that_answer(proxy):
    proxy.set(None, "refused")
    client = Client(proxy)
    assert client.ask().startswith("201 ")
    assert client.stream.read() == b"", "closed behind the answer, so the client must connect anew"
    with pytest.raises(ConnectionRefusedError):
        Client(proxy)


def test_both_wrong_lengths_and_a_following_redirect_is_a_leak(proxy):
    kinds = set()
    for number in range(12):
        proxy.set("wrong length")
        said = Client(proxy).ask(f"chg-{number}")
        kinds.add("long" if re.match(r"201 (\d+)/(?!\1 )", said) else "short")
    assert kinds == {"long", "short"}
    proxy.set("redirect elsewhere")
    client = Client(proxy)
    client.ask()
    with socket.create_connection(("127.0.0.1", int(client.moved[1].rsplit(":", 1)[1].split("/")[0]))) as trap:
        assert trap.recv(1) == b""
    assert proxy.leaks == 1


def test_a_long_answer_and_a_chunked_one_pass_unchanged(sandbox):
    proxy = Proxy(sandbox.url)
    try:
        straight, through = NativeBackend(sandbox.url, sandbox.token), NativeBackend(proxy.url, sandbox.token)
        wanted = [item.raw for batch in straight.accounts(None) for item in batch.items]
        assert [item.raw for batch in through.accounts(None) for item in batch.items] == wanted
        proxy.set("foreign body", everywhere=True)
        assert (
            through._client.get(f"/v1/accounts/{json.loads(wanted[5])['id']}").json()["id"]
            != json.loads(wanted[5])["id"]
        )
        straight.close()
        through.close()
    finally:
        proxy.close()
