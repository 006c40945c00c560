"""Misbehaviour on request: delays, dropped connections, 5xx, cut bodies, duplicates and 429, for tests and demos."""

import asyncio
import random
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage.sandbox.limits import replaying
from triage.sandbox.problems import Problem

# kind -> its argument when none is given
DEFAULTS: dict[str, float] = {
    "delay": 1.0,  # seconds
    "drop_before": 0,
    "drop_after": 0,
    "error": 503,  # status
    "html": 502,  # status of an HTML page sent after the request was processed
    "truncate": 0.5,  # share of the body that is sent
    "duplicate": 0,
    "too_many": 1,  # Retry-After in seconds
}


class BadSpec(ValueError):
    """The --faults text cannot be read; the message says which part."""


@dataclass
class Faults:
    """What goes wrong, how often (0–1), with which argument, below which path; drawn from a seeded generator."""

    chances: dict[str, tuple[float, float]] = field(default_factory=dict)
    path: str = "/v1/"
    dice: random.Random = field(default_factory=random.Random)

    @classmethod
    def parse(cls, spec: str) -> "Faults":
        """Read `kind=probability[:arg],…` with `seed=N` and `path=PREFIX` among them; BadSpec where it does not fit."""
        faults = cls()
        for part in filter(None, (piece.strip() for piece in spec.split(","))):
            kind, _, value = part.partition("=")
            try:
                if kind == "seed":
                    faults.dice = random.Random(int(value))
                elif kind == "path":
                    faults.path = value
                else:
                    chance, _, argument = value.partition(":")
                    faults.chances[kind] = (float(chance), float(argument) if argument else DEFAULTS[kind])
            except (ValueError, KeyError):
                known = ", ".join((*DEFAULTS, "seed", "path"))
                raise BadSpec(f"--faults: cannot read {part!r}; known are {known}") from None
        return faults

    def draw(self) -> dict[str, float]:
        """The faults of one request with their arguments; each kind is drawn every time, so seeds reproduce."""
        return {kind: argument for kind, (chance, argument) in self.chances.items() if self.dice.random() < chance}


class Misbehaviour:
    """ASGI middleware, the outermost: its `send` is the server's own, so that it can cut the connection."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app, self._faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, badly if the dice say so; `/v1/health` is always served well."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path == "/v1/health" or not path.startswith(self._faults.path):
            await self._app(scope, receive, send)
            return
        drawn = self._faults.draw()
        if "delay" in drawn:
            await asyncio.sleep(drawn["delay"])
        if drawn.keys() & {"drop_before", "too_many", "error"}:
            await _refuse(drawn, scope, receive, send)
            return
        if "duplicate" in drawn:
            body = await _body(receive)
            await self._app(scope, replaying(body, receive), _swallow)
            receive = replaying(body, receive)  # made only now: a streaming answer listens on and would eat it
        if "drop_after" in drawn:
            await self._app(scope, receive, _swallow)
            _cut(send)
        elif "html" in drawn:
            await self._app(scope, receive, _swallow)
            page = Response("<html><body>Bad gateway</body></html>", int(drawn["html"]), media_type="text/html")
            await page(scope, receive, send)
        elif "truncate" in drawn:
            await self._app(scope, receive, _Truncated(send, drawn["truncate"]))
        else:
            await self._app(scope, receive, send)


async def _refuse(drawn: dict[str, float], scope: Scope, receive: Receive, send: Send) -> None:
    await _body(receive)
    if "drop_before" in drawn:
        _cut(send)
        return
    if "too_many" in drawn:
        headers = {"Retry-After": f"{drawn['too_many']:.0f}"}
        problem = Problem(429, "rate-limited", "Too many requests", "A fault was asked for.", headers=headers)
    else:
        problem = Problem(int(drawn["error"]), "unavailable", "Unavailable", "A fault was asked for.")
    await problem.response()(scope, receive, send)


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


async def _swallow(_message: Message) -> None:
    """An answer nobody hears."""


def _cut(send: Send) -> None:
    # ASGI has no word for hanging up; uvicorn's send is a method of the request cycle that owns the transport
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()


class _Truncated:
    def __init__(self, send: Send, share: float) -> None:
        self._send, self._share, self._done = send, share, False

    async def __call__(self, message: Message) -> None:
        if self._done:
            return
        if message["type"] == "http.response.start":
            await self._send(message)
            return
        self._done = True
        body = message.get("body", b"")
        await self._send({**message, "body": body[: int(len(body) * self._share)], "more_body": True})
        await asyncio.sleep(0.05)
        _cut(self._send)
