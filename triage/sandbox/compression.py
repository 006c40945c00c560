"""Compression of answers: zstd where the client offers it, else gzip; streams stay streams."""

import zlib
from typing import Protocol

import zstandard
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SMALL = 500
_LIVE = "text/event-stream"  # a compressor would hold back what is to be told at once


class _Compressor(Protocol):
    def compress(self, _data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def chosen(accept: str) -> str | None:
    """The coding for an Accept-Encoding value: `zstd`, `gzip` or None; `q=0` refuses one."""
    offered = set()
    for part in accept.lower().split(","):
        coding, _, rest = part.strip().partition(";")
        quality = rest.replace(" ", "").removeprefix("q=")
        try:
            wanted = not rest.strip() or float(quality) > 0
        except ValueError:
            wanted = False
        if wanted:
            offered.add(coding.strip())
    return next((coding for coding in ("zstd", "gzip") if coding in offered), None)


def _compressor(coding: str) -> _Compressor:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compressobj()
    return zlib.compressobj(level=4, wbits=31)


class Compression:
    """ASGI middleware that encodes answers of more than 500 bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Encode the answer on its way out."""
        coding = chosen(Headers(scope=scope).get("accept-encoding", "")) if scope["type"] == "http" else None
        await self._app(scope, receive, _Encoder(coding, send) if coding else send)


class _Encoder:
    def __init__(self, coding: str, send: Send) -> None:
        self._coding, self._send = coding, send
        self._start: Message | None = None
        self._compressor: _Compressor | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._start is not None:
            start, self._start = self._start, None
            headers = MutableHeaders(raw=start["headers"])
            headers["Vary"] = "Accept-Encoding"
            live = headers.get("content-type", "").startswith(_LIVE)
            if not live and (more or len(body) > _SMALL):
                self._compressor = _compressor(self._coding)
                headers["Content-Encoding"] = self._coding
                if more:
                    del headers["Content-Length"]
            if self._compressor and not more:
                body = self._compressor.compress(body) + self._compressor.flush()
                headers["Content-Length"] = str(len(body))
                self._compressor = None
            await self._send({**start, "headers": headers.raw})
        if self._compressor:
            body = self._compressor.compress(body) + (b"" if more else self._compressor.flush())
        await self._send({**message, "body": body})
