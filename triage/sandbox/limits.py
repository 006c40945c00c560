"""Limits: requests per staff member, the size of a body counted on the stream, and the time it may take to arrive."""

import asyncio
import math
import threading
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage.sandbox.problems import Problem

MAX_BODY = 64 * 1024
BODY_SECONDS = 10.0
RATE, BURST = 100.0, 1000.0
# how much of a body that is refused anyway is read and thrown away, so that the sender gets to hear why
_DRAIN = 1024 * 1024


class RateLimiter:
    """A token bucket per staff member: `rate` requests a second, bursts of `burst`."""

    def __init__(self, rate: float = RATE, burst: float = BURST, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def check(self, staff_id: str) -> None:
        """Take one token; 429 `rate-limited` with Retry-After in whole seconds when there is none."""
        now = self._clock()
        with self._lock:
            tokens, then = self._buckets.get(staff_id, (self._burst, now))
            tokens = min(self._burst, tokens + (now - then) * self._rate)
            allowed = tokens >= 1
            self._buckets[staff_id] = (tokens - 1 if allowed else tokens, now)
        if not allowed:
            wait = math.ceil((1 - tokens) / self._rate)
            sentence = f"More than {self._rate:.0f} requests a second; try again in {wait} s."
            raise Problem(
                429, "rate-limited", "Too many requests", sentence, headers={"Retry-After": str(max(1, wait))}
            )


class BodyLimit:
    """ASGI middleware: reads the body ahead of the app, 413 above MAX_BODY bytes, 408 after BODY_SECONDS."""

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body already in memory, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(_read(receive), self._seconds)
        except TimeoutError:
            sentence = f"The body did not arrive within {self._seconds:g} s."
            problem = Problem(408, "timeout", "Too slow", sentence, headers={"Connection": "close"})
            await problem.response()(scope, receive, send)
            return
        if body is None:
            return
        if len(body) > MAX_BODY:
            sentence = f"A body has at most {MAX_BODY} bytes."
            problem = Problem(413, "too-large", "Too large", sentence, headers={"Connection": "close"})
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, replaying(body, receive), send)


async def _read(receive: Receive) -> bytes | None:
    body, seen = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        seen += len(chunk)
        if len(body) <= MAX_BODY:
            body += chunk
        if not message.get("more_body", False) or seen > _DRAIN:
            return bytes(body)


def replaying(body: bytes, receive: Receive) -> Receive:
    """A receive that hands out `body` once and then listens to the real one."""
    handed_out = False

    async def replay() -> Message:
        nonlocal handed_out
        if handed_out:
            return await receive()
        handed_out = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
