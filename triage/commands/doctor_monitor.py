"""What the usage monitor needs of the accounts and some lack (M23), for `triage doctor`; never the network."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing

from data.account import Account
from data.errors import TriageError
from triage.config import Settings
from triage.rules.monitor_route import ATTRIBUTION, CSM, TIER, prerequisites

SHOWN = 3
WORDS = {ATTRIBUTION: "usage that can be attributed to them", TIER: "a tier", CSM: "a CSM"}


def monitor_needs(settings: Settings, every: bool) -> str | None:
    """What there is to say, with `every` account or the first few; None without a synced book (`cache.db` says so)."""
    from data.cache import Cache

    try:
        with closing(Cache.open(settings.cache_dir, None)) as cache:
            return _said(cache.each_account(), every) if cache.synced_at is not None else None
    except (TriageError, sqlite3.Error):
        return None


def _said(accounts: Iterable[Account], every: bool) -> str:
    lacking: dict[str, list[str]] = {ATTRIBUTION: [], TIER: [], CSM: []}
    counts = dict.fromkeys(lacking, 0)
    total = 0
    for account in accounts:
        total += 1
        for name in prerequisites(account):
            counts[name] += 1
            if every or len(lacking[name]) < SHOWN:
                lacking[name].append(account.id)
    found = [_words(WORDS[name], count, lacking[name]) for name, count in counts.items() if count]
    if not found:
        return f"all {total:,} accounts have what it needs"
    return f"of {total:,} accounts {'; '.join(found)}"


def _words(what: str, count: int, ids: list[str]) -> str:
    more = ", …; -v lists all" if count > len(ids) else ""
    return f"{count:,} lack {what} ({', '.join(ids)}{more})"
