"""What the proxy does to a request and its answer: HTTP/1.1 as far as it is needed, and one method per fault."""

import asyncio
import json
import random
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

PAGE = b"<!doctype html><html><body>Welcome to our Wi-Fi. Please sign in.</body></html>"
_FRAMING = re.compile(rb"\r\n(?:content-length|transfer-encoding|content-encoding)\s*:[^\r]*", re.IGNORECASE)
_ENCODING = re.compile(rb"\r\naccept-encoding\s*:[^\r]*", re.IGNORECASE)


@dataclass(frozen=True)
class Ask:
    """A request as it came; `reused`: not the first of its connection."""

    head: bytes
    body: bytes
    reused: bool

    @property
    def line(self) -> tuple[str, str]:
        """Method and path."""
        method, path, _ = self.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        return method, path


@dataclass(frozen=True)
class Link:
    """The client's connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def reset(self) -> None:
        """End it with an RST."""
        with suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client has closed it."""
        with suppress(OSError):
            while await self.reader.read(65536):
                pass


Fault = Callable[[Ask, Link], Awaitable[bool]]  # True: the connection is kept


class Faults:
    """Answers a request of a link: faithfully or with a fault; `listening()` False means: let connections end."""

    def __init__(self, upstream: str, dice: random.Random, elsewhere: str, listening: Callable[[], bool]) -> None:
        self.old: bytes | None = None
        self.everywhere = False
        self._upstream = upstream
        self._dice = dice
        self._elsewhere = elsewhere
        self._listening = listening

    def do(self, fault: str | None) -> Fault:
        """The method of a fault; None passes the request on."""
        named = {
            None: self._pass,
            "reset before": self._reset_before,
            "reset after": self._reset_after,
            "cut body": self._cut_body,
            "wrong length": self._wrong_length,
            "slow drip": self._slow_drip,
            "stall": self._stall,
            "duplicate delivery": self._duplicate_delivery,
            "reordered answers": self._reordered_answers,
            "stale keep-alive": self._reset_before,
            "429 seconds": self._429_seconds,
            "429 date": self._429_date,
            "503": self._503,
            "502 after commit": self._502_after,
            "foreign body": self._foreign_body,
            "401": self._401,
            "captive portal": self._portal,
            "redirect elsewhere": self._redirect,
            "drop before": self._drop_before,
            "drop after commit": self._drop_after,
        }
        return named[fault]

    # --- the upstream ---
    async def _pieces(self, ask: Ask) -> AsyncIterator[tuple[bytes, bytes]]:
        """Forward a request on a connection of its own; its answer in pieces, as they came and without framing."""
        parts = urlsplit(self._upstream)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            writer.write(ask.head + ask.body)
            head = await reader.readuntil(b"\r\n\r\n")
            yield head, b""
            length, chunked = _header(head, b"content-length"), _header(head, b"transfer-encoding")
            if chunked is not None:
                size = 1
                while size:
                    line = await reader.readline()
                    size = int(line.split(b";")[0], 16)
                    data = await reader.readexactly(size + 2)
                    yield line + data, data[:-2]
            else:
                left = int(length or 0)
                while left:
                    data = await reader.read(min(left, 65536))
                    if not data:
                        raise EOFError
                    left -= len(data)
                    yield data, data
        finally:
            writer.close()

    async def _whole(self, ask: Ask) -> tuple[bytes, bytes]:
        """The upstream's complete answer: head without framing (no line end after it), and body uncompressed."""
        plain = Ask(_ENCODING.sub(b"", ask.head), ask.body, ask.reused)
        pieces = [piece async for piece in self._pieces(plain)]
        return _FRAMING.sub(b"", pieces[0][0][:-4]), b"".join(data for _, data in pieces[1:])

    async def _pass(self, ask: Ask, link: Link) -> bool:
        raw = b""
        async with aclosing(self._pieces(ask)) as pieces:
            async for piece, _ in pieces:
                if not raw and not self._listening():
                    piece = piece[:-2] + b"Connection: close\r\n\r\n"
                raw = raw + piece if len(raw) < 1 << 20 else raw
                link.writer.write(piece)
                await link.writer.drain()
        self._remember(ask, raw)
        return True

    def _remember(self, ask: Ask, raw: bytes) -> None:
        if self.everywhere or ask.line[0] == "POST":
            self.old = raw

    def _answer(self, link: Link, head: bytes, body: bytes, length: int | None = None) -> bool:
        """Send an answer; keeps the connection unless the port is closed."""
        if not self._listening():
            head += b"\r\nConnection: close"
        said = len(body) if length is None else length
        link.writer.write(head + b"\r\nContent-Length: %d\r\n\r\n" % said + body)
        return True

    def _problem(self, link: Link, status: int, slug: str, *headers: str) -> bool:
        lines = [f"HTTP/1.1 {status} X", "Content-Type: application/problem+json", *headers]
        body = {"type": slug, "title": "A fault was asked for", "status": status, "detail": "By the proxy."}
        return self._answer(link, "\r\n".join(lines).encode(), json.dumps(body).encode())

    # --- the faults ---
    async def _reset_before(self, _ask: Ask, link: Link) -> bool:
        link.reset()
        return False

    async def _reset_after(self, ask: Ask, link: Link) -> bool:
        await self._whole(ask)
        link.reset()
        return False

    async def _drop_before(self, _ask: Ask, _link: Link) -> bool:
        return False

    async def _drop_after(self, ask: Ask, _link: Link) -> bool:
        await self._whole(ask)
        return False

    async def _cut_body(self, ask: Ask, link: Link) -> bool:
        head, body = await self._whole(ask)
        self._answer(link, head, body[: len(body) // 2], len(body))
        return False

    async def _wrong_length(self, ask: Ask, link: Link) -> bool:
        head, body = await self._whole(ask)
        short = self._dice.random() < 0.5
        self._answer(link, head, body, len(body) // 2 if short else len(body) + 100)
        return short

    async def _slow_drip(self, ask: Ask, link: Link) -> bool:
        head, body = await self._whole(ask)
        raw = head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        at, pause = self._dice.choice([0, len(raw) - len(body), len(raw) - 8]), 0.02
        link.writer.write(raw[:at])
        gone = asyncio.ensure_future(link.gone())
        while not gone.done() and at < len(raw):
            link.writer.write(raw[at : at + 1])
            await asyncio.wait([gone], timeout=pause)
            at, pause = at + 1, pause * 3
        gone.cancel()
        return False

    async def _stall(self, ask: Ask, link: Link) -> bool:
        if self._dice.random() < 0.5:
            await self._whole(ask)
        await link.gone()
        return False

    async def _duplicate_delivery(self, ask: Ask, link: Link) -> bool:
        answers = [await self._whole(ask), await self._whole(ask)]
        return self._answer(link, *self._dice.choice(answers))

    async def _reordered_answers(self, ask: Ask, link: Link) -> bool:
        head, body = await self._whole(ask)
        old, self.old = self.old, head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        link.writer.write(old or b"")
        return True

    async def _429_seconds(self, _ask: Ask, link: Link) -> bool:
        return self._problem(link, 429, "rate-limited", "Retry-After: 2")

    async def _429_date(self, _ask: Ask, link: Link) -> bool:
        when = datetime.now(UTC) + timedelta(seconds=3)
        return self._problem(link, 429, "rate-limited", f"Retry-After: {format_datetime(when, usegmt=True)}")

    async def _503(self, _ask: Ask, link: Link) -> bool:
        return self._problem(link, 503, "unavailable", "Retry-After: 2")

    async def _502_after(self, ask: Ask, link: Link) -> bool:
        await self._whole(ask)
        return self._answer(link, b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html", PAGE)

    async def _foreign_body(self, ask: Ask, link: Link) -> bool:
        head, body = await self._whole(ask)
        start = re.sub(rb"^\S+ \S+", b"GET /v1/accounts?limit=2", _FRAMING.sub(b"", ask.head), count=1)
        _, listed = await self._whole(Ask(start, b"", reused=False))
        with suppress(ValueError, KeyError, TypeError, IndexError):
            told = json.loads(body)
            mine = (told.get("account") or {}).get("id")
            other = next(account for account in json.loads(listed)["accounts"] if account["id"] != mine)
            body = json.dumps({**told, "account": other} if "account" in told else other).encode()
        return self._answer(link, head, body)

    async def _401(self, _ask: Ask, link: Link) -> bool:
        return self._problem(link, 401, "unauthenticated", "WWW-Authenticate: Bearer")

    async def _portal(self, _ask: Ask, link: Link) -> bool:
        return self._answer(link, b"HTTP/1.1 200 OK\r\nContent-Type: text/html", PAGE)

    async def _redirect(self, _ask: Ask, link: Link) -> bool:
        return self._answer(link, f"HTTP/1.1 307 X\r\nLocation: {self._elsewhere}".encode(), b"")


def _header(head: bytes, name: bytes) -> bytes | None:
    found = re.search(rb"\r\n" + name + rb"\s*:\s*([^\r]*)", head, re.IGNORECASE)
    return found.group(1).strip() if found else None


async def read_request(reader: asyncio.StreamReader, reused: bool) -> Ask | None:
    """Read one request; None when the client has closed the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    return Ask(head, await reader.readexactly(int(_header(head, b"content-length") or 0)), reused)
