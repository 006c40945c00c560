"""Everything that arrives: kept in a log, and spoiled as a test asks, before the application sees it."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from dembrane.clock import Clock
from fastapi.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = ("drop_before", "drop_after", "fail_before", "fail_after", "hang_before", "hang_after", "delay", "repeat")
REPEATS = 3


@dataclass
class Received:
    """A request as it came in; `status` None when it was never answered."""

    at: datetime
    service: str  # api or directus
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    status: int | None = None
    fault: str | None = None

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose method and path (a part of it) match."""

    kind: str
    path: str
    method: str | None
    times: int
    seconds: float


class Front:
    """The outermost layer; one application per listening port."""

    def __init__(self, apps: dict[int, tuple[str, ASGIApp]], clock: Clock) -> None:
        self._apps, self._clock = apps, clock
        self.log: list[Received] = []
        self.faults: list[Fault] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or spoil the answer."""
        service, app = self._apps[scope["server"][1]]
        body = await _read(receive)
        came = Received(
            self._clock.now(),
            service,
            scope["method"],
            scope["path"],
            parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body,
        )
        self.log.append(came)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                came.status = message["status"]
            await send(message)

        fault = self._next(came)
        if fault is None:
            await app(scope, _again(body, receive), answer)
            return
        came.fault = fault.kind
        await self._spoil(fault, app, scope, body, receive, answer)
        if fault.kind.startswith("drop"):
            send.__self__.transport.abort()  # type: ignore[attr-defined]

    def _next(self, came: Received) -> Fault | None:
        for fault in self.faults:
            if fault.path in came.path and fault.method in (None, came.method):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    async def _spoil(self, fault: Fault, app: ASGIApp, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Do what the fault says: `_after` means that the application has done its work first."""
        kind, _, when = fault.kind.partition("_")
        unheard = {"repeat": REPEATS - 1}.get(kind, when == "after")
        for _ in range(unheard):
            await app(dict(scope), _again(body, receive), _swallow)
        if kind in ("hang", "delay"):
            await asyncio.sleep(fault.seconds)
        if kind in ("delay", "repeat"):
            await app(scope, _again(body, receive), send)
        elif kind in ("fail", "hang"):
            await PlainTextResponse("Internal Server Error", status_code=500)(scope, receive, send)


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that can be read once more."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return left.pop() if left else await receive()

    return read


async def _swallow(_message: Message) -> None:
    """An answer that nobody hears."""
