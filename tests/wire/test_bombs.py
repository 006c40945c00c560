"""Answers that would fill the memory or never end: measured in a process of their own, and bounded."""

import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.bad_answers import JSON, NDJSON, Liar, answer
from kit.honest_answers import Server

ROOT = Path(__file__).parents[2]
GROWTH = 150 * 1024  # KiB
CHILD = """
import json, resource, sys, time
from data.backends.native import NativeBackend
from data.errors import TriageError
backend = NativeBackend(sys.argv[1], "tok_secret", timeout=1, patience=1.5)
backend.head(); list(backend.accounts(None))
before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
backend._client.headers["x-lie"] = "yes"
try:
    [None for batch in backend.accounts(None)] if sys.argv[2] == "accounts" else backend.head()
    said = ""
except TriageError as error:
    said = str(error)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"said": said, "grown": grown, "took": time.monotonic() - begun}))
"""


def zipped(size: int) -> bytes:
    machine = zlib.compressobj(1, wbits=31)
    return b"".join(machine.compress(b" " * 2**20) for _ in range(size // 2**20)) + machine.flush()


def zstd(size: int) -> bytes:
    import zstandard

    machine = zstandard.ZstdCompressor(level=3).compressobj()
    return b"".join(machine.compress(b" " * 2**20) for _ in range(size // 2**20)) + machine.flush()


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Callable[[Any], None]:
    import time

    def send(conn: Any) -> None:
        conn.sendall(head)
        while True:  # ended by the client, which hangs up
            conn.sendall(piece)
            time.sleep(pause)

    return send


def open_ended(kind: str) -> bytes:
    return answer(200, b"", kind, "transfer-encoding: chunked", length=None)


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


NOTHINGS = b'{"epoch":"e1","next_after":9,"more":true,"complete_through":null,"accounts":['
BOMBS: dict[str, tuple[str, Callable[[], Any]]] = {
    "256 MiB as gzip": ("head", lambda: answer(200, zipped(2**28), JSON, "content-encoding: gzip")),
    "1 GiB as zstd": ("head", lambda: answer(200, zstd(2**30), JSON, "content-encoding: zstd")),
    "1 GiB of a stream as zstd": ("accounts", lambda: answer(200, zstd(2**30), NDJSON, "content-encoding: zstd")),
    "a body without end": ("head", lambda: endless(open_ended(JSON), chunk(b" " * 2**16))),
    "a line without end": ("accounts", lambda: endless(open_ended(NDJSON), chunk(b"x" * 2**16))),
    "a line of single bytes": ("accounts", lambda: endless(open_ended(NDJSON), chunk(b"x") * 2000)),
    "empty lines without end": ("accounts", lambda: endless(open_ended(NDJSON), chunk(b"\n" * 2**16))),
    "head lines without end": ("head", lambda: endless(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 1000)),
    "a head line without end": ("head", lambda: endless(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 2**16)),
    "early hints without end": ("head", lambda: endless(b"", b"HTTP/1.1 103 X\r\n\r\n" * 100)),
    "trailers without end": ("head", lambda: endless(open_ended(JSON) + b"0\r\n", b"x: y\r\n" * 1000)),
    "a head that drips": ("head", lambda: endless(b"HTTP/1.1 200 OK\r\nx: ", b"y", 0.05)),
    "a body that drips": ("head", lambda: endless(open_ended(JSON), chunk(b" "), 0.05)),
    "a line that drips": ("accounts", lambda: endless(open_ended(NDJSON), chunk(b" "), 0.05)),
    "8 million nothings": ("page", lambda: answer(200, NOTHINGS + b"1," * (7 * 2**20) + b"1]}", JSON)),
}


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar(Server().answer)
    yield made
    made.close()


@pytest.mark.parametrize("name", BOMBS)
def test_no_answer_fills_the_memory_or_lasts_for_ever(liar: Liar, name: str, tally: Any) -> None:
    what, make = BOMBS[name]
    liar.lie = make()
    seen: set[str] = set()

    def second(method: str, path: str) -> bool:
        """The honest questions come first."""
        wanted = {
            "head": path.endswith("/head"),
            "accounts": path.startswith("/v1/accounts") and "limit=" not in path,
            "page": path.startswith("/v1/accounts") and "limit=" in path,
        }[what]
        first = wanted and path not in seen
        seen.update([path] if wanted else [])
        return wanted and not first

    liar.to = second
    command = [sys.executable, "-c", CHILD, liar.url, "head" if what == "head" else "accounts"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout)
    assert liar.told == 1
    assert found["said"].endswith((".", "?")) and len(found["said"]) < 400, found
    assert found["grown"] < GROWTH, found
    tally("bad answers")
