"""One remedy over the whole list that is shown: a line for each account, one reason, and the count typed."""

import uuid
from collections.abc import Sequence
from typing import Any

from data.assessment import Row
from data.errors import NotAllowed, Rejected, TriageError
from data.ports_bulk import BulkLine
from data.remedy import RISKY, Order
from triage.commands.plain import words
from triage.commands.plain.here import Here
from triage.commands.plain.remedy import ask_reason, say_if_old
from triage.commands.plain.talk import Left
from widgets.change_words import DISCOUNT_KINDS, TITLES

MOST = 100
KINDS = {
    **{"R": "reset_usage", "reset": "reset_usage", "T": "grant_trial", "trial": "grant_trial"},
    **{"D": "apply_discount", "discount": "apply_discount", "C": "change_tier", "tier": "change_tier"},
    **{"m": "claim", "claim": "claim"},
}
CLAIM_MINUTES = 60


def do_all(here: Here, word: str, rows: Sequence[Row]) -> None:
    """`all R`: ask for all that is needed, say each account, and queue what fits once the count is typed."""
    kind = KINDS.get(word)
    if kind is None:
        here.say("all R, T, D, C or m: that for every account of this list.")
        return
    if not rows or len(rows) > MOST:
        here.say(f"This takes 1 to {MOST} accounts, and the list has {len(rows) or 'none'}. / narrows it.")
        return
    bulk = here.attempt(lambda: here.desk.open_bulk(kind))
    if bulk is None:
        return
    here.say(f"{TITLES[kind]} for {words.plural(len(rows), 'account')}.")
    if kind in RISKY and say_if_old(here):
        raise Left
    params = _params(here, kind, bulk.tier_choices)
    seqs = {row.id: row.seq for row in rows}
    lines = [here.desk.bulk_line(Order(kind, row.id, params=params), row.seq) for row in rows]
    going = [line for line in lines if not line.against]
    here.say(
        *(f"{line.name}: {f'left out, {line.against}' if line.against else line.note or 'fits'}" for line in lines)
    )
    if not going:
        here.say("None fits. Nothing was queued.")
        return
    reason = ask_reason(here) if bulk.needs_reason else ""
    here.talk.settle()
    if here.talk.ask(f"{len(going)} fit. Type {len(going)} to queue them, anything else leaves it:") != str(len(going)):
        raise Left
    _queue(here, going, seqs, reason)


def _params(here: Here, kind: str, tiers: Sequence[str]) -> dict[str, Any]:
    if kind == "claim":
        return {"minutes": CLAIM_MINUTES}
    if kind in ("grant_trial", "change_tier"):
        tier = here.choose("New tier", [(one, one) for one in tiers])
        return {"tier": tier} | (
            {"months": here.number("Months", 1, 12, 1, whole=True)} if kind == "grant_trial" else {}
        )
    if kind == "apply_discount":
        chosen = here.choose("Discount", DISCOUNT_KINDS)
        return {"kind": chosen, "percent": here.number("Percent", 0, 100, None, whole=False)}
    return {}


def _queue(here: Here, going: Sequence[BulkLine], seqs: dict[str, int], reason: str) -> None:
    """One change and one audit entry each; who is refused is named, what went before stays."""
    queued = 0
    for line in going:
        try:
            here.desk.submit_line(line, seqs[line.order.account_id], reason, str(uuid.uuid4()))
            queued += 1
        except (Rejected, NotAllowed) as refusal:
            here.say(f"{line.name}: not queued. {refusal}")
        except TriageError as error:
            here.say(f"{line.name}: not queued, nor what follows it. {error}")
            break
    here.say(f"{queued} of {len(going)} queued. b shows them, u takes one back after the other while they are held.")
