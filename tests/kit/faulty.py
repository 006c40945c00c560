"""A way to the server that fails on request: an httpx transport over real sockets, for where a proxy is too slow."""

import json
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx

from data.backends.native import NativeBackend

PROBLEM = "application/problem+json"
FAULTS = (
    *("refused", "lost before", "lost after", "timed out", "crash before", "crash after", "delivered twice"),
    *("cut", "html", "portal", "redirect", "429", "429 date", "503", "503 bare", "401", "foreign", "late"),
    *("forged", "invented"),
)
LOSSES = ("lost after", "timed out", "crash after", "cut", "html", "forged")  # applied, and the client cannot know


class Crash(Exception):
    """The client's process dies here."""


class FaultyTransport(httpx.BaseTransport):
    """Passes requests on over one real connection pool; each POST takes the next fault of `plan`.

    `everywhere` lets every request take one. Late requests are delivered by `deliver`, before any time passes.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.plan: deque[str | None] = deque()
        self.everywhere = False
        self.hits: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self._now = now
        self._inner = httpx.HTTPTransport()
        self._late: list[httpx.Request] = []
        self._last: httpx.Response | None = None

    def set(self, *faults: str | None, everywhere: bool = False) -> None:
        """Plan the next requests."""
        self.plan, self.everywhere = deque(faults), everywhere

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, badly if planned."""
        planned = self.plan and (self.everywhere or request.method == "POST")
        fault = self.plan.popleft() if planned else None
        if fault is not None:
            self.hits[fault] += 1
        answer = self._inner.handle_request(request) if fault is None else self._do(fault, request)
        if request.method == "POST":
            replay = " replayed" if "idempotent-replayed" in answer.headers else ""
            self.answers[f"{answer.status_code}{replay}"] += 1
        return answer

    def deliver(self) -> None:
        """The network hands over what it held back."""
        late, self._late = self._late, []
        for request in late:
            self._send(request)

    def forget(self) -> None:
        """Nothing is planned, held back or remembered."""
        self.set()
        self._late.clear()
        self._last = None

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = self._inner.handle_request(request)
            answer.read()
        except httpx.TransportError:
            return httpx.Response(599)  # the server was away: a request that got lost
        answer.close()
        return answer

    def _do(self, fault: str, request: httpx.Request) -> httpx.Response:
        before: dict[str, Callable[[], httpx.Response]] = {
            "refused": lambda: _raise(httpx.ConnectError("refused")),
            "lost before": lambda: _raise(httpx.ReadError("reset")),
            "crash before": lambda: _raise(Crash()),
            "portal": lambda: _page(200, "Sign in to the Wi-Fi"),
            "redirect": lambda: _say(302, {"location": "https://elsewhere.example/"}, b""),
            "429": lambda: _problem(429, "rate-limited", {"retry-after": "7"}),
            "429 date": lambda: _problem(429, "rate-limited", {"retry-after": self._date(30)}),
            "503": lambda: _problem(503, "unavailable", {"retry-after": "20"}),
            "503 bare": lambda: _page(503, "Back soon"),
            "401": lambda: _problem(401, "unauthenticated", {}),
        }
        if fault in before:
            return before[fault]()
        if fault == "invented":
            return _invented(self._last, request) if self._last else _raise(httpx.ReadError("reset"))
        if fault == "late":
            self._late.append(request)
            raise httpx.ReadTimeout("held back")
        answer = self._send(request)
        after: dict[str, Callable[[], httpx.Response]] = {
            "lost after": lambda: _raise(httpx.ReadError("reset")),
            "timed out": lambda: _raise(httpx.ReadTimeout("too slow")),
            "crash after": lambda: _raise(Crash()),
            "delivered twice": lambda: _again(self._send(request)),
            "cut": lambda: _again(answer, answer.content[: len(answer.content) // 2]),
            "html": lambda: _page(502, "Bad gateway"),
            "foreign": lambda: _again(self._last) if self._last else _raise(httpx.ReadError("reset")),
            "forged": lambda: _forged(answer) if "/v1/changes" in request.url.path else _again(answer),
        }
        result = after[fault]()
        self._last = answer if answer.status_code == 201 else self._last
        return result

    def _date(self, seconds: float) -> str:
        return format_datetime(self._now() + timedelta(seconds=seconds), usegmt=True)


def connected(url: str, token: str, way: httpx.BaseTransport, clock: Callable[[], datetime]) -> NativeBackend:
    """The real backend with its connections replaced by `way`."""
    backend = NativeBackend(url, token, timeout=10, clock=clock)
    backend._client._transport.close()
    backend._client._transport = way
    return backend


def _raise(error: Exception) -> httpx.Response:
    raise error


def _say(status: int, headers: dict[str, str], body: bytes) -> httpx.Response:
    """An answer as it comes off a wire: its body still to be read."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def _page(status: int, text: str) -> httpx.Response:
    return _say(status, {"content-type": "text/html"}, f"<html>{text}</html>".encode())


def _again(answer: httpx.Response, body: bytes | None = None) -> httpx.Response:
    kept = {k: v for k, v in answer.headers.items() if k not in ("content-encoding", "content-length")}
    return _say(answer.status_code, kept, answer.content if body is None else body)


def _forged(answer: httpx.Response) -> httpx.Response:
    """The receipt's signature is another's, whatever else is true; a refusal passes as it is."""
    if answer.status_code not in (200, 201):
        return _again(answer)
    signature = json.loads(answer.content)["receipt"]["signature"]
    other = ("B" if signature[0] == "A" else "A") + signature[1:]
    return _again(answer, answer.content.replace(signature.encode(), other.encode()))


def _invented(last: httpx.Response, request: httpx.Request) -> httpx.Response:
    """Somebody in between says "applied", with the last change's receipt; the server never hears of it."""
    if request.method != "POST":
        raise httpx.ReadError("reset")
    asked, told = json.loads(request.content), json.loads(last.content)
    told["change_id"], told["account"]["id"] = asked["change_id"], asked["account_id"]
    return _again(last, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


def _problem(status: int, slug: str, headers: dict[str, str]) -> httpx.Response:
    body: dict[str, Any] = {"type": slug, "title": "Title", "status": status, "detail": "A fault was asked for."}
    return _say(status, {"content-type": PROBLEM, **headers}, json.dumps(body).encode())
