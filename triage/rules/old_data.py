"""The guard of old figures: money, plan and rights are not given or taken by data older than the profile's limit."""

from msgspec.structs import replace

from data.account import Account
from data.remedy import RISKY, STALE, Guard, Order, Preview
from triage.rules.remedies import ack_word, acknowledges

HOUR = 3600


def stale_checked(preview: Preview, order: Order, account: Account, age: float, limit: float) -> Preview:
    """The preview with what old figures add to it; `age` of the last complete sync and `limit` in seconds.

    A typed word answers it, as it answers A13: whoever is offline and knows goes on, and the trail has the word.
    """
    if age <= limit or order.kind not in RISKY:
        return preview
    told = f"These figures are {age / HOUR:,.1f} h old, older than {limit / HOUR:g} h."
    if any(acknowledges(text, account) for text in order.acknowledged):
        guard = Guard(STALE, f"{told} Acknowledged.", False)
    else:
        guard = Guard(STALE, f"{told} Sync first, or type {ack_word(account)} to go on.", True)
    return replace(preview, guards=(*preview.guards, guard))
