"""`GET /v1/events` as it is heard: lines of bounded length, the two events of the contract, all else passed by."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial

import httpcore
import httpx

from data.account import Value
from data.backends.native_body import decoded
from data.backends.native_http import media_type, raise_unless_ok, read_all, reading
from data.backends.native_patience import lift
from data.errors import BadAnswer, Gone, Offline
from data.wire import decode, decoder

EVENT_STREAM = "text/event-stream"
SILENCE = 90.0  # seconds without a byte; an honest server sends a comment long before
LONGEST_LINE = 4096
_NO_SUCH_ROUTE = (404, 405, 406, 410, 501)


class AccountChanged(Value, frozen=True):
    """The data of `account-changed`."""

    id: str
    seq: int


class AuditAppended(Value, frozen=True):
    """The data of `audit-appended`."""

    seq: int


KNOWN: dict[str, Callable[[bytes], object]] = {
    "account-changed": partial(decode, using=decoder(AccountChanged)),
    "audit-appended": partial(decode, using=decoder(AuditAppended)),
}


class NativeEvents:
    """One connection that is listened to; `hang_up` may be called from any thread and ends it at once."""

    def __init__(self, client: httpx.Client, host: str, patience: float, clock: Callable[[], datetime]) -> None:
        self._client, self._host, self._patience, self._clock = client, host, patience, clock
        self._stream: httpcore.NetworkStream | None = None
        self._ended = False

    def heard(self) -> Iterator[bool]:
        """Yield True once it listens, then for each piece that arrives whether there was an event in it.

        Gone where the server has no such route; else the errors of reading, Offline where the line was cut.
        """
        timeout = httpx.Timeout(self._client.timeout.connect, read=SILENCE)
        headers = {"Accept": EVENT_STREAM, "Accept-Encoding": "identity", "Cache-Control": "no-store"}
        streamed = self._client.stream("GET", "/v1/events", headers=headers, timeout=timeout)
        with reading(self._host), streamed as response:
            if response.status_code in _NO_SUCH_ROUTE:
                raise Gone(f"{self._host} tells of no events.")
            if response.status_code != 200 or media_type(response.headers) != EVENT_STREAM:
                answered = read_all(response, time.monotonic() + self._patience)
                raise_unless_ok(answered, self._host, self._clock())
                raise BadAnswer(f"{self._host} sent no events: is a proxy or a sign-in page in between?")
            lift(response)
            self._stream = response.extensions["network_stream"]
            if self._ended:
                return
            yield True
            yield from map(Reader().feed, decoded(response))
        raise Offline(f"{self._host} has ended the word of changes.")

    def hang_up(self) -> None:
        """Wake whoever listens, with the end of the stream."""
        self._ended = True
        found = self._stream.get_extra_info("socket") if self._stream is not None else None
        if isinstance(found, socket.socket):
            with suppress(OSError):  # it has just been closed
                socket.socket.shutdown(found, socket.SHUT_RDWR)  # also of a TLS socket, without its farewell


class Reader:
    """The lines of an event stream, in whatever pieces they come."""

    def __init__(self) -> None:
        self._rest = b""
        self._name, self._data = "", b""
        self._half_end = False  # the piece before ended between CR and LF

    def feed(self, piece: bytes) -> bool:
        """Return whether the piece completed an event that is known; BadAnswer for a line without an end."""
        if not piece:
            return False
        begun, self._half_end = self._half_end, piece.endswith(b"\r")
        piece = piece.removeprefix(b"\n") if begun else piece
        *lines, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise BadAnswer("The word of changes has a line without an end.")
        told = [self._take(line) for line in lines]  # all of them, also after the first that tells
        return any(told)

    def _take(self, line: bytes) -> bool:
        if not line:
            told = _is_known(self._name, self._data)
            self._name, self._data = "", b""
            return told
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value[:LONGEST_LINE].decode(errors="replace")
        elif field == b"data":
            self._data = (self._data + b"\n" + value if self._data else value)[: LONGEST_LINE + 1]
        return False


def _is_known(name: str, data: bytes) -> bool:
    """Return whether it is one of the contract's events, with data that fits; anything else may be of the future."""
    if name not in KNOWN or len(data) > LONGEST_LINE:
        return False
    try:
        KNOWN[name](data)
    except BadAnswer:
        return False
    return True
