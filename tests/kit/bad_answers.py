"""Wrong answers of every kind, and a peer that gives them over a real connection."""

import copy
import gzip
import json
import random
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

JSON, PROBLEM, NDJSON = "application/json", "application/problem+json", "application/x-ndjson"
HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
Send = bytes | Callable[[socket.socket], None]


class Bad(NamedTuple):
    """One wrong answer; `refuse` when nothing of it may be believed, else it may also turn out to be harmless."""

    name: str
    send: Send
    refuse: bool = True
    slow: bool = False


def answer(
    status: int | str, body: bytes = b"", kind: str | None = JSON, *extra: str, length: str | None = ""
) -> bytes:
    """The bytes of an answer; `length` replaces the honest Content-Length, None leaves it out."""
    lines = [f"HTTP/1.1 {status} X", *extra, "connection: close"]
    lines += [f"content-type: {kind}"] if kind is not None else []
    lines += [f"content-length: {length or len(body)}"] if length is not None else []
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*pieces: bytes, kind: str = JSON, end: bytes = b"0\r\n\r\n") -> bytes:
    """An answer in chunks."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end
    return answer(200, body, kind, "transfer-encoding: chunked", length=None)


def reset(conn: socket.socket) -> None:
    """End the connection with a reset instead of an answer."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# --- the connection, the head, the length, the compression ---
def of_statuses(honest: bytes, kind: str) -> Iterator[Bad]:
    """Every status that is not the one, with the honest body, HTML and nothing."""
    for status in (*range(201, 209), 226, *range(300, 309), 402, 405, 406, 407, 411, 415, 417, 418, 421, 425, 431, 451):
        yield Bad(f"status {status}", answer(status, b"" if status in (204, 304) else honest, kind))
    for status in (400, 401, 403, 404, 409, 410, 412, 413, 422, 428, 429, 500, 501, 502, 504, 511, 520, 599):
        yield Bad(f"status {status} as HTML", answer(status, HTML, "text/html"))
        yield Bad(f"status {status} without a body", answer(status, b""))
    for where in ("/v1/me", "/", "//evil.example/", "http://127.0.0.1:9/", "javascript:alert(1)", "", "\\\\x", "?"):
        for status in (301, 302, 303, 307, 308):
            yield Bad(f"redirect {status} to {where!r}", answer(status, b"", "text/html", f"location: {where}"))
    for status in ("099", "600", "999", "000", "20", "2000", "abc", "-1", "200.5"):
        yield Bad(f"status {status}", answer(status, HTML, "text/html"))


def of_kinds(honest: bytes, kind: str) -> Iterator[Bad]:
    """The honest body under another name."""
    for other in (
        "text/html",
        "text/plain",
        "application/xml",
        "",
        "json",
        "application/octet-stream",
        "*/*",
        "text/json",
    ):
        yield Bad(f"content type {other!r}", answer(200, honest, other))
    yield Bad("no content type", answer(200, honest, None))
    yield Bad("200 as a problem", answer(200, honest, PROBLEM))
    yield Bad("two content types", answer(200, honest, "text/html", f"content-type: {kind}"))


def of_lengths(honest: bytes, kind: str) -> Iterator[Bad]:
    """A Content-Length that lies, chunks that break, both at once."""
    size = len(honest)
    for length in (size + 1, size + 1000, 10**9, 2**31, 2**63, 10**30):
        yield Bad(f"length {length}", answer(200, honest, kind, length=str(length)))
    for length in (1, 0, size // 2, size - 1):
        yield Bad(f"length {length} of {size}", answer(200, honest, kind, length=str(length)))
    for length in ("-1", "abc", "0x10", "1e3", " ", "1 2", "9" * 500, "١٢".encode().decode("latin-1")):
        yield Bad(f"length {length[:9]!r}", answer(200, honest, kind, length=length))
    yield Bad("two lengths", answer(200, honest, kind, f"content-length: {size + 7}"))
    yield Bad("length and chunks", answer(200, honest, kind, "transfer-encoding: chunked"))
    half = size // 2
    for name, end in {
        "no last chunk": b"",
        "a chunk size that is none": b"zz\r\nxx\r\n0\r\n\r\n",
        "a negative chunk": b"-5\r\nhello\r\n0\r\n\r\n",
        "a chunk of 2^70": b"400000000000000000\r\nx",
        "a chunk cut short": b"ff\r\nabc",
        "a chunk without its end": b"3\r\nabcdef\r\n0\r\n\r\n",
        "a size line without end": b"1" * 200_000,
        "an extension of 200 kB": b"3;" + b"e" * 200_000 + b"\r\nabc\r\n0\r\n\r\n",
        "trailers without end": b"0\r\n" + b"x: y\r\n" * 30_000,
    }.items():
        yield Bad(name, chunked(honest[:half], kind=kind, end=end))
    yield Bad("half in chunks", chunked(honest[:half], kind=kind))
    yield Bad("twice in chunks", chunked(honest, honest, kind=kind))
    yield Bad("chunks in an unknown coding", answer(200, honest, kind, "transfer-encoding: snappy", length=None))


def of_compression(honest: bytes, kind: str) -> Iterator[Bad]:
    """Compression that is broken, cut, not offered or not there."""
    zipped = gzip.compress(honest)
    for name, body in {
        "not gzip": honest,
        "gzip cut": zipped[:-6],
        "half a gzip": zipped[: len(zipped) // 2],
        "a gzip of another sum": zipped[:-8] + b"\0\0\0\0" + zipped[-4:],
        "a gzip of another length": zipped[:-4] + b"\xff\xff\xff\x7f",
        "a gzip's head alone": zipped[:10],
        "gzip in gzip": gzip.compress(zipped),
        "deflate called gzip": zlib.compress(honest),
    }.items():
        yield Bad(name, answer(200, body, kind, "content-encoding: gzip"))
    for coding in ("deflate", "br", "compress", "gzip, gzip", "zstd, gzip", "rot13", "gzip;q=1"):
        yield Bad(f"coding {coding}", answer(200, zipped, kind, f"content-encoding: {coding}"))
    yield Bad("gzip that is not said", answer(200, zipped, kind))
    import zstandard

    packed = zstandard.ZstdCompressor(write_checksum=True).compress(honest)
    for name, body in {
        "not zstd": honest,
        "zstd cut": packed[:-3],
        "half a zstd": packed[: len(packed) // 2],
        "a zstd of another sum": packed[:-4] + b"\0\1\2\3",
        "a zstd with a window of 2 GiB": b"\x28\xb5\x2f\xfd\x00\xa8" + packed[6:],
        "a zstd's head alone": packed[:5],
    }.items():
        yield Bad(name, answer(200, body, kind, "content-encoding: zstd"))


def of_connections(honest: bytes, kind: str) -> Iterator[Bad]:
    """What is not HTTP, what is cut, what injects, and heads without end."""
    whole = answer(200, honest, kind)
    head = whole.index(b"\r\n\r\n")
    for name, raw in {
        "nothing": b"",
        "a line feed": b"\n",
        "HTTP/0.9": honest,
        "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
        "a TLS alert": b"\x15\x03\x01\x00\x02\x02\x46",
        "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64",
        "HTTP/3.0": whole.replace(b"HTTP/1.1", b"HTTP/3.0"),
        "a status line alone": b"HTTP/1.1 200 OK",
        "a status line without a status": whole.replace(b" 200 X", b""),
        "half a head": whole[: head // 2],
        "a head without its end": whole[:head],
        "a head line without a colon": whole.replace(b"connection: close", b"connection close"),
        "a space before the colon": whole.replace(b"connection: close", b"connection : close"),
        "NUL in a head line": whole.replace(b"connection: close", b"connection: cl\0ose"),
        "a head of 300 kB": whole.replace(b"connection: close", b"x: " + b"y" * 300_000),
        "100,000 head lines": whole.replace(b"connection: close", b"\r\n".join([b"x: y"] * 100_000)),
        "an injected answer": whole.replace(b"connection: close", b"x: y\r\n\r\nHTTP/1.1 200 OK\r\nx: close"),
        "half a body": whole[: head + 4 + len(honest) // 2],
        "a body but its last byte": whole[:-1],
        "random bytes": random.Random(1).randbytes(3000),
        "continue and no more": b"HTTP/1.1 100 Continue\r\n\r\n",
        "early hints and no more": b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 50,
        "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",
        "a captive portal": answer(200, HTML, "text/html"),
        "a captive portal that says JSON": answer(200, HTML, kind),
    }.items():
        yield Bad(name, raw)
    yield Bad("a reset", reset)


# --- the bytes of the body ---
def of_bytes(honest: bytes, kind: str, *, lines: bool = False) -> Iterator[Bad]:
    """Encodings, syntax and depth, whatever the body is about."""
    text = honest.decode()
    half = len(honest) // 2
    bodies: dict[str, bytes] = {
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "a byte order mark": b"\xef\xbb\xbf" + honest,
        "latin-1": honest.replace(b': "', b": " + b'"\xe9', 1),
        "a lone surrogate in bytes": honest.replace(b': "', b": " + b'"\xed\xa0\x80', 1),
        "an overlong slash": honest.replace(b': "', b": " + b'"\xc0\xaf', 1),
        "a cut character": honest.replace(b': "', b": " + b'"\xf0\x9f\x92', 1),
        "beyond Unicode": honest.replace(b': "', b": " + b'"\xf4\x90\x80\x80', 1),
        "NUL before": b"\0" + honest,
        "NUL inside": honest[:half] + b"\0" + honest[half:],
        "a raw line feed in a text": honest.replace(b': "', b": " + b'"\x0b\n', 1),
        "spaces": b" " * 5000,
        "null": b"null",
        "true": b"true",
        "a number": b"0",
        "a text": b'"ok"',
        "an empty object": b"{}",
        "an array of nothing": b"[null]",
        "an array in an array": b"[[]]",
        "XML": b"<?xml version='1.0'?><ok/>",
        "cut after a quarter": honest[: half // 2],
        "cut in half": honest[:half],
        "cut before the end": honest.rstrip()[:-1],
        "twice": honest.strip() + b" " + honest.strip(),
        "rubbish after it": honest.rstrip() + b" ok",
        "a guard before it": b")]}',\n" + honest,
        "a warning before it": b"<br /><b>Warning</b>: mysql_connect() in line 3<br />\n" + honest,
        "JSONP": b"callback(" + honest + b");",
        "a comment": b"/* ok */" + honest,
        "single quotes": honest.replace(b'"', b"'"),
        "100,000 arrays": b"[" * 100_000,
        "100,000 objects": b'{"a":' * 100_000,
        "100,000 closed arrays": b"[" * 100_000 + b"]" * 100_000,
        "NaN": b"NaN",
        "Infinity": b"-Infinity",
        "a number of 100,000 digits": b"9" * 100_000,
        "unquoted": honest.replace(b'"', b"", 2),
    }
    for name, body in bodies.items():
        yield Bad(name, answer(200, body, kind))
    yield Bad("an empty body", answer(200, b"", kind))
    if not lines:
        yield Bad("an unfinished escape", answer(200, honest.replace(b'"', b'"\\u00', 1), kind))


# --- the shape of the body ---
NUMBERS = (
    "1" + "0" * 400,
    str(2**63),
    str(2**64),
    "-1",
    str(-(2**63)),
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0.0",
    "1.5",
    "0x1",
)
DATES = (
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2026-02-30T00:00:00Z",
    "2026-11-21T25:00:00Z",
    "2026-11-21",
    "1763683200",
    "2026-11-21T07:40:00",
    "yesterday",
)
OTHERS = ("null", "true", "{}", "[]", '"1"', "0", '""', "[[[]]]", '{"a":{"b":{}}}', "[null]")
TEXTS = (
    '"\\u0000\\u001b[31m\\u202e"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"' + "A" * 200_000 + '"',
    '"../../etc/passwd"',
)
_HERE = "@@here@@"


def paths(tree: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, itself last."""
    places = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in places:
        yield from paths(value, (*before, name))
        yield (*before, name)


def _parent(tree: Any, path: tuple[Any, ...]) -> Any:
    for name in path[:-1]:
        tree = tree[name]
    return tree


def put(tree: Any, path: tuple[Any, ...], raw: str) -> bytes:
    """The JSON of `tree` with the literal `raw` at `path`."""
    made = copy.deepcopy(tree)
    _parent(made, path)[path[-1]] = _HERE
    return json.dumps(made).replace(f'"{_HERE}"', raw).encode()


def of_shapes(tree: Any, kind: str = JSON, status: int = 200) -> Iterator[Bad]:
    """Each key left out, renamed, doubled, and each value replaced by what has no place there."""
    for path in paths(tree):
        old = _parent(tree, path)[path[-1]]
        where = ".".join(map(str, path))
        if isinstance(path[-1], str):
            gone, renamed = copy.deepcopy(tree), copy.deepcopy(tree)
            del _parent(gone, path)[path[-1]]
            inside = _parent(renamed, path)
            inside[path[-1].upper() + "_"] = inside.pop(path[-1])
            yield Bad(f"{where} missing", answer(status, json.dumps(gone).encode(), kind), False)
            yield Bad(f"{where} renamed", answer(status, json.dumps(renamed).encode(), kind), False)
            twice = put(tree, path, f'{json.dumps(old)},"{path[-1]}":{{"other":1}}')
            yield Bad(f"{where} twice", answer(status, twice, kind), False)
        literals = [*OTHERS]
        literals += NUMBERS if isinstance(old, int | float) else ()
        if isinstance(old, str):
            literals += TEXTS
            literals += (
                [json.dumps(date) for date in DATES]
                if where.endswith(("_at", "time", "until", "through", "as_of"))
                else []
            )
        for literal in literals:
            if literal != json.dumps(old):
                yield Bad(f"{where} = {literal[:40]}", answer(status, put(tree, path, literal), kind), False)


def mutated(rng: random.Random, raw: bytes) -> bytes:
    """An answer with one to four places of it changed, cut, doubled or moved."""
    for _ in range(rng.randint(1, 4)):
        at, size = rng.randrange(len(raw) + 1), rng.choice((1, 1, 2, 5, 20, 200))
        piece = raw[at : at + size]
        new = rng.choice(
            (b"", piece * 2, rng.randbytes(len(piece)), bytes(byte ^ 1 << rng.randrange(8) for byte in piece))
        )
        new = rng.choice((new, new, b'"', b"{", b"}", b"\r\n", b"\0", b"-1", b"null", b"1e400", b"\\ud800", b","))
        raw = raw[:at] + new + raw[at + len(piece) :]
    return raw


# --- the peer ---
Honest = Callable[[str, str, bytes], bytes]


class Liar:
    """Listens on loopback; answers `lie` to the request that `to` picks, and as `honest` to all others."""

    def __init__(self, honest: Honest) -> None:
        self.honest = honest
        self.to: Callable[[str, str], bool] = lambda method, path: False
        self.lie: Send = b""
        self.told = 0
        self.posted: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
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
        # whatever is done to the connection below, the other side may be gone already
        with suppress(OSError), conn, conn.makefile("rb") as stream:
            conn.settimeout(30)
            method, path, _ = stream.readline().decode().split(" ", 2)
            length = 0
            while (line := stream.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = stream.read(length)
            if method == "POST":
                self.posted.append(body)
            if not self.to(method, path):
                conn.sendall(self.honest(method, path, body))
                return
            self.told += 1
            if callable(self.lie):
                self.lie(conn)
            else:
                conn.sendall(self.lie)
