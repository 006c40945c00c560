"""What keeps dembrane's oddities out: outages told from quiet days, no cookie, no redirect, no echo of what was."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from data.backends.dembrane import DembraneBackend, Options
from data.backends.dembrane_guard import Vitals, refuse_degraded
from data.backends.dembrane_http import refusal
from data.backends.native_http import Answered
from data.errors import BadAnswer, Degraded, NotAllowed, ServerFailing

SOUND = Vitals(date(2026, 11, 1), 55, 61, 40, 180, 61, 12, 15, 0.3)


def look(before: Vitals | None = SOUND, idle: bool = True, **over: Any) -> None:
    refuse_degraded(msgspec.structs.replace(SOUND, **over), before, lambda: idle, "api.example")


@pytest.mark.parametrize(
    "over",
    [
        {"accounts": 0, "workspaces": 0},
        {"workspaces": 30},
        {"with_hours": 19},
        {"with_hours": 0},
        {"seats": 0},
        {"seats": 80},
        {"named": 0},
        {"named": 20},
        {"listed": 0},
        {"workspaces": 50, "took": 4.0},
        {"with_hours": 30, "took": 4.0},
        {"seats": 150, "took": 4.0},
    ],
)
def test_what_an_outage_looks_like_is_refused(over: dict[str, Any]) -> None:
    with pytest.raises(Degraded, match=r"outage there: .+ stays as it was"):
        look(**over)


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"workspaces": 45, "seats": 140, "with_hours": 30},  # a fifth or more: the pull itself asks
        {"took": 12.0},  # slow alone is no sign
        {"took": 12.0, "workspaces": 60, "seats": 178},
        {"listed": 0, "flagged": 3},
        {"month": date(2026, 12, 1), "with_hours": 2},
        {"workspaces": 62, "with_hours": 61},
    ],
)
def test_a_quiet_day_is_none(over: dict[str, Any]) -> None:
    look(**over)


def test_a_month_that_begins_without_hours_is_told_from_an_outage_by_the_one_before() -> None:
    look(idle=False, month=date(2026, 12, 1), with_hours=0)
    look(idle=False, before=None, with_hours=0)
    with pytest.raises(Degraded):
        look(idle=True, month=date(2026, 12, 1), with_hours=0)
    with pytest.raises(Degraded):
        look(idle=True, before=None, with_hours=0)
    with pytest.raises(Degraded):
        look(idle=False, with_hours=0)  # within a month hours do not vanish


def answered(status: int, body: object, kind: str = "application/json") -> Answered:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answered(status, {"content-type": kind}, raw)


def test_a_422_names_the_fields_and_never_echoes_what_was_sent() -> None:
    echo = {"type": "string_too_long", "loc": ["body", "reason"], "msg": "Too long", "input": "a private reason"}
    told = refusal(answered(422, {"detail": [echo]}), "api.example")
    assert told == "api.example does not understand what was sent: reason: Too long"
    assert "private" not in refusal(answered(500, "private trace", "text/plain"), "api.example")
    assert refusal(answered(403, {"detail": "Staff\x1b[31m only"}), "h").suspicious
    for odd in ({"detail": []}, {"detail": [1, None]}, [], {"detail": {"a": 1}}, "not json"):
        assert refusal(answered(400, odd), "h") == "h answered 400."


class Odd(BaseHTTPRequestHandler):
    """A server that sets a cookie, and redirects to an absolute address."""

    seen: ClassVar[list[dict[str, str]]] = []
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        self.seen.append({name.lower(): text for name, text in self.headers.items()})
        body = json.dumps({"id": "u1", "email": "a@b.example", "is_staff": True}).encode()
        self.send_response(self.status)
        self.send_header("Set-Cookie", "directus_session_token=somebody; Path=/")
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
        self.send_header("Content-Type", "text/plain" if self.status >= 500 else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def odd() -> Iterator[str]:
    Odd.seen, Odd.status = [], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_no_cookie_is_ever_sent_back(odd: str, tmp_path: Path) -> None:
    with closing(DembraneBackend(odd, "eyJ.a.b", Options(None, tmp_path, tmp_path))) as backend:
        assert backend.identity() and backend.identity()
    assert len(Odd.seen) == 2 and all("cookie" not in headers for headers in Odd.seen)


@pytest.mark.parametrize(("status", "error"), [(307, BadAnswer), (500, ServerFailing), (403, NotAllowed)])
def test_a_redirect_is_not_followed_and_a_text_is_no_json(
    odd: str, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    Odd.status = status
    with closing(DembraneBackend(odd, "eyJ.a.b", Options(None, tmp_path, tmp_path))) as backend, pytest.raises(error):
        backend.identity()
    assert len(Odd.seen) == 1
