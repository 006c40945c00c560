"""Trains data/packed.dict on a book of the sandbox, once for each schema number: python -m kit.dictionary"""

from datetime import UTC, datetime, timedelta

import zstandard

from data.account import Account
from data.health_book import EMPTY_BOOK
from data.packed import DICTIONARY
from data.wire import decoder, encode
from triage.policy import load_policy
from triage.rules.assess import judge
from triage.rules.health import Rulebook
from triage.sandbox.book import generate
from triage.tree_file import load_tree

ACCOUNTS, SEED = 1500, 11  # another seed than that of the tests and the bench: they are not what it knows by heart
SIZE = 32 * 1024
NUMBER = 0x7472


def samples() -> list[bytes]:
    """Accounts as servers send them, what the rules make of them, and their pasts."""
    now = datetime.now(UTC)
    account, rules = decoder(Account), Rulebook(load_policy(), load_tree(), EMPTY_BOOK)
    found: tuple[list[bytes], ...] = ([], [], [])
    for one in generate(ACCOUNTS, SEED, now.date()):
        raw = encode({**one.account, "version": 1, "seq": 1, "updated_at": one.account["created_at"]})
        row, past = judge(account.decode(raw), (), None, rules, now, now.date() - timedelta(days=1))
        for kind, blob in zip(found, (raw, encode(row), encode(past)), strict=True):
            kind.append(blob)
    return [blob for kind in found for blob in kind]


if __name__ == "__main__":
    DICTIONARY.write_bytes(zstandard.train_dictionary(SIZE, samples(), dict_id=NUMBER).as_bytes())
