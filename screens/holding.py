"""What the claim key does with the account in view: claim, release, warn where it is somebody else's."""

from typing import TYPE_CHECKING

from data.remedy import Order
from widgets.held_words import others_claim
from widgets.severity_badge import named

if TYPE_CHECKING:
    from screens.acting import ActingScreen

CLAIM_MINUTES = 60
LEAD = "lead"


def claim(screen: "ActingScreen") -> None:
    """m: claim for 60 minutes, or release one's own; another's is taken over by a lead alone, who is asked twice."""
    detail, who = screen.target_detail(), screen.desk.header().who
    if detail is None:
        return
    row, me = detail.row, who.staff_id if who is not None else None
    name = named(row, 30, screen.look)
    mine = row.claim is not None and row.claim.staff_id == me and row.claim.until > screen.now
    warning = others_claim(row, me, screen.now)
    if warning and (who is None or who.role != LEAD):
        screen.tell(f"{warning} Ask first; a lead may take it over.")
        return
    if warning and screen.asked_to_take != row.id:
        screen.asked_to_take = row.id
        screen.tell(f"{warning} The same key again takes it over.")
        return
    screen.asked_to_take = ""
    order = Order("release", row.id) if mine else Order("claim", row.id, params={"minutes": CLAIM_MINUTES})
    change = screen.attempt(lambda: screen.desk.submit(order, hold=False))
    if change is not None:
        screen.tell(f"Released {name}." if mine else f"{name} is yours for {CLAIM_MINUTES} min.")
        screen.after_change(change)
