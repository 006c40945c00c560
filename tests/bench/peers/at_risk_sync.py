"""A first sync by our own pull, with the at-risk rules alone: what the goal without the health rules is about."""

import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from data.backends.native import NativeBackend
from data.cache import Assess, Cache
from data.pull import pull
from triage.policy import load_policy
from triage.rules.assess import assess

url, token, folder = sys.argv[1:]
policy, now = load_policy(), datetime.now(UTC)


def assess_for(through: date | None) -> Assess:
    """A1-A17 over one account; no past is kept, for nobody asks about drift."""
    return lambda some: [(assess(account, touches, policy, now, through), past) for account, touches, past in some]


Path(folder).mkdir(parents=True)
with closing(NativeBackend(url, token)) as backend, closing(Cache.open(Path(folder), url)) as cache:
    pull(backend, cache, assess_for, now)
