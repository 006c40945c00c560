"""The double, running, on a clock that stands still until a test moves it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from dembrane.clock import Clock
from dembrane.double import Double

NOON = datetime(2026, 11, 21, 12, 34, 56, 123456, tzinfo=UTC)


@pytest.fixture
def double() -> Iterator[Double]:
    """A small book of the double's own."""
    running = Double(clock=Clock(NOON)).start()
    yield running
    running.end()  # its thread ends while the next test begins


@pytest.fixture(scope="session")
def anybody() -> Iterator[httpx.Client]:
    """Plain HTTP, nobody signed in; loopback needs no certificates."""
    with httpx.Client(verify=False, timeout=10) as client:
        yield client


@pytest.fixture
def staff(double: Double) -> Iterator[httpx.Client]:
    """Plain HTTP, signed in as staff."""
    headers = {"Authorization": f"Bearer {double.token()}"}
    with httpx.Client(base_url=f"{double.url}/api/v2", headers=headers, verify=False, timeout=10) as client:
        yield client
