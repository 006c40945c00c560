"""What all rules cost beside the at-risk rules alone, decoding included: rules_cost.py in a process of its own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import peers
from figures import Row, ratio
from world import environment

GROUP = "rules"
JUDGED = 2_000
AT_RISK = "at-risk rules and decoding, processor time"


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """All rows of the group, over a book of their own."""
    argv = [peers.ours(), str(Path(__file__).with_name("rules_cost.py")), str(JUDGED), str(rounds)]
    told = subprocess.run(argv, env=environment(None), check=True, capture_output=True, text=True).stdout
    brief, day, first = zip(*([float(one) for one in line.split()] for line in told.splitlines()), strict=True)
    yield ratio(GROUP, JUDGED, "all rules and decoding, an account a day (its past known)", AT_RISK, 3.0, day, brief)
    yield ratio(GROUP, JUDGED, "all rules and decoding, first round (alerts replayed)", AT_RISK, 3.0, first, brief)
