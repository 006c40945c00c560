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
    with Double(clock=Clock(NOON)) as running:
        yield running


@pytest.fixture
def staff(double: Double) -> Iterator[httpx.Client]:
    """Plain HTTP, signed in as staff; plain HTTP on loopback needs no certificates."""
    headers = {"Authorization": f"Bearer {double.token()}"}
    with httpx.Client(base_url=f"{double.url}/api/v2", headers=headers, verify=False, timeout=10) as client:
        yield client
