"""How long the head of an answer may take in all: httpx itself limits each wait alone, so a drip would never end."""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx


class _Stream(httpcore.NetworkStream):
    """A connection on which an answer must have come `seconds` after the last byte of its request, unless lifted."""

    def __init__(self, inner: httpcore.NetworkStream, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds
        self.until: float | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for bytes, at most until the whole answer is due."""
        if self.until is None:
            return self._inner.read(max_bytes, timeout)
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer takes too long")
        return self._inner.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a part of a request; its answer is due from now."""
        self._inner.write(buffer, timeout)
        self.until = time.monotonic() + self._seconds

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on encrypted, as patient as before."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._seconds)

    def get_extra_info(self, info: str) -> Any:
        """What the connection says of itself."""
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Connects as httpcore does, with streams of limited patience."""

    def __init__(self, inner: httpcore.NetworkBackend, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to `host`."""
        return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options), self._seconds)

    def sleep(self, seconds: float) -> None:
        """Wait between tries to connect."""
        self._inner.sleep(seconds)


def limit_patience(client: httpx.Client, seconds: float) -> None:
    """Let every answer to `client` be complete within `seconds`, also through a proxy of the environment."""
    # httpx has no public way to its network; a test lets a head drip and notices when this does not hold any more
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            pool = transport._pool
            pool._network_backend = _Network(pool._network_backend, seconds)


def lift(response: httpx.Response) -> None:
    """Let the body of `response` take as long as it comes; the next request sets the limit again."""
    stream = response.extensions.get("network_stream")
    if isinstance(stream, _Stream):
        stream.until = None
