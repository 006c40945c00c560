"""The double's own parts: a book from a seed, its size, its situations, the log and the two ports."""

from datetime import UTC, datetime

import httpx
import pytest
from dembrane.asking import rollup
from dembrane.book import LEGACY
from dembrane.clock import Clock
from dembrane.conftest import NOON
from dembrane.double import Double
from dembrane.generate import generate


def test_the_same_seed_makes_the_same_book() -> None:
    assert repr(generate(80, 3, NOON)) == repr(generate(80, 3, NOON))
    assert repr(generate(80, 3, NOON)) != repr(generate(80, 4, NOON))


def test_a_book_of_3000_workspaces_on_demand() -> None:
    with Double(3040, clock=Clock(NOON)) as double:
        headers = {"Authorization": f"Bearer {double.token()}"}
        with httpx.Client(base_url=f"{double.url}/api/v2", headers=headers, verify=False, timeout=60) as staff:
            answer = staff.get("/admin/billing-rollup")
            found = rollup(staff)
    assert len(found["rows"]) >= 3040
    assert 7_000_000 < len(answer.content) < 10_000_000 and answer.num_bytes_downloaded < 1_300_000
    pools = [one for one in found["accounts"] if one["account_scope"] == "organisation"]
    assert len(pools) > 100 and all(one["workspace_count"] > 1 for one in pools if not one["label"].startswith("North"))
    assert {one["payment_mode"] for one in found["accounts"]} == {"none", "mollie", "offline"}
    assert {one["tier"] for one in found["rows"]} >= {"free", *LEGACY, "innovator", "changemaker", "guardian"}


def test_no_recording_is_in_the_future_even_at_the_start_of_a_month() -> None:
    for now in (NOON, datetime(2026, 12, 1, 0, 0, 1, tzinfo=UTC)):
        book = generate(80, 1, now)
        assert all(at <= now for one in book.workspaces.values() for at, _ in one.recordings)
        assert round(book.cases["at_cap"].hours(now), 2) == 1.02


def test_a_clock_without_a_moment_runs() -> None:
    clock = Clock()
    first = clock.now()
    clock.move(hours=1)
    assert 3600 <= (clock.now() - first).total_seconds() < 3660
    assert Clock(NOON).now() == NOON


def test_the_log_has_everything_that_was_received(double: Double, staff: httpx.Client, anybody: httpx.Client) -> None:
    staff.get("/admin/billing-rollup", params={"month_offset": -1})
    anybody.post(f"{double.directus_url}/auth/refresh", json={"refresh_token": "x"})
    first, second = double.log
    assert (first.service, first.method, first.path) == ("api", "GET", "/api/v2/admin/billing-rollup")
    assert (first.query, first.status, first.at) == ({"month_offset": ["-1"]}, 200, NOON)
    assert first.headers["authorization"].startswith("Bearer ")
    assert (second.service, second.json, second.status) == ("directus", {"refresh_token": "x"}, 401)
    assert double.received("/auth/", "POST") == [second] and double.writes == []


def test_the_api_and_the_identity_provider_know_only_their_own_routes(double: Double, anybody: httpx.Client) -> None:
    assert anybody.post(f"{double.url}/auth/login", json={}).status_code == 404
    assert anybody.get(f"{double.directus_url}/api/v2/me").status_code == 404


def test_it_ends_in_the_middle_of_a_hang() -> None:
    with Double() as double, httpx.Client(base_url=double.url, verify=False, timeout=0.2) as client:
        double.fault("hang_before", seconds=60)
        with pytest.raises(httpx.ReadTimeout):
            client.get("/api/v2/me")
    assert double.ended
