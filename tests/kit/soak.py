"""How long a sweep goes on under `make soak`: its full count, or its share of SOAK_MINUTES."""

import os
import time
from collections.abc import Iterator


def trials(wanted: int, share: float) -> Iterator[int]:
    """Yield 0, 1, 2 … up to `wanted`, or until `share` (0–1) of SOAK_MINUTES is over; at least one.

    The shares of all sweeps together make 2, for two workers: then SOAK_MINUTES is what the run takes.
    """
    minutes = os.environ.get("SOAK_MINUTES")
    ends = time.monotonic() + float(minutes) * 60 * share if minutes else float("inf")
    for number in range(wanted):
        if number and time.monotonic() > ends:
            return
        yield number
