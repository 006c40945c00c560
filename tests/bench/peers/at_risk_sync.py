"""A first sync by our own pull, with the at-risk rules alone: what the goal without the health rules is about."""

import gc
import os
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from at_risk_orders import AtRiskOrders

from data.backends.native import NativeBackend
from data.cache import Assess, Cache
from data.health_book import EMPTY_BOOK
from data.pull import pull
from triage.__main__ import OBJECTS_PER_COLLECTION
from triage.desk.crew import Crew
from triage.policy import load_policy
from triage.rules.assess import assess
from triage.tree_file import load_tree

url, token, folder = sys.argv[1:]
policy, now = load_policy(), datetime.now(UTC)
orders = AtRiskOrders(policy, load_tree(), EMPTY_BOOK)


def assess_for(through: date | None) -> Assess:
    """A1-A17 over one account, for what is judged in this process."""
    return lambda some: [(assess(account, touches, policy, now, through), past) for account, touches, past in some]


gc.set_threshold(OBJECTS_PER_COLLECTION, 10, 10)  # as the program does
here = str(Path(__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join((os.environ.get("PYTHONPATH", ""), here))  # for the helpers' orders
Path(folder).mkdir(parents=True)
with closing(NativeBackend(url, token)) as backend, closing(Cache.open(Path(folder), url)) as cache:
    pull(backend, cache, assess_for, now, crew=lambda: Crew(orders, lambda: datetime.now(UTC)))
