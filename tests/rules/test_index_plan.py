"""H3-H5, H7, H16, H17: what a list keeps of the index, by its plan, is bit for bit what the whole reading says."""

import random
from datetime import UTC, datetime, timedelta

import msgspec

from data.account import Account
from data.health_book import EMPTY_BOOK
from data.health_index import IndexReading
from data.wire import decoder, encode
from triage.policy import load_policy
from triage.rules.index import read_index
from triage.rules.index_plan import Plans
from triage.rules.index_trend import contributions
from triage.sandbox.book import generate

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
POLICY = load_policy()
ONLY_WHOLE = {"components", "indicators", "movers"}
account_from = decoder(Account)


def accounts(rng: random.Random) -> list[Account]:
    """A book with holes: any signal may be missing, and the feed a year behind."""
    found = []
    for one in generate(150, 3, NOW.date()):
        body = msgspec.json.decode(
            encode({**one.account, "version": 1, "seq": 1, "updated_at": "2026-11-01T00:00:00Z"})
        )
        signals = body.get("signals") or {}
        for name, value in signals.items():
            if rng.random() < 0.2 and name not in ("as_of", "active_users_daily"):
                signals[name] = [] if isinstance(value, list) else None
        if rng.random() < 0.1:
            body["signals"] = None
        found.append(account_from.decode(encode(body)))
    return found


def told(reading: IndexReading) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(reading).items() if name not in ONLY_WHOLE}


def test_a_brief_reading_is_the_whole_one_bit_for_bit():
    rng, plans = random.Random(1), Plans()
    for limit in (None, 0.0, 20.0):
        metrics = POLICY.index.metrics
        if limit is not None:
            metrics = {name: msgspec.structs.replace(one, max_age_days=limit) for name, one in metrics.items()}
            plans = Plans()
        policy = msgspec.structs.replace(POLICY, index=msgspec.structs.replace(POLICY.index, metrics=metrics))
        for account in accounts(rng):
            ratio, state = rng.choice([None, rng.random() * 1.2]), rng.choice(["ok", "severe", "new"])
            day = rng.choice([None, NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=10)])
            facts = account, ratio, state, policy, EMPTY_BOOK, NOW, day
            whole, brief = read_index(*facts), read_index(*facts, brief=True, plans=plans)
            assert told(brief) == told(whole)
            assert whole.contributions == contributions(whole.components)
            assert list(brief.contributions) == list(whole.contributions)
            assert not brief.components and whole.components
