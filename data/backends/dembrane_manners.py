"""What dembrane's remedies do that the contract's do not, in words for whoever queues one."""

from data.remedy import Manners

KEEPS = (
    "dembrane keeps nothing of who changed what: the reason of a reset stands in one field until the next reset, that "
    "of a tier change nowhere. Reasons and decisions are kept here, in this home's own chain."
)
MANNERS = Manners(
    reset_lifts=False,
    tier_bills=True,
    whole_percent=True,
    notes={
        "reset_usage": (
            "A stopped customer stays stopped: their lock counts all hours ever, a reset only clears the staff list.",
            "dembrane keeps this reason in one field, until the next reset.",
        ),
        "grant_trial": ("dembrane takes no reason for a trial: it is kept here only.",),
        "apply_discount": ("dembrane takes no reason for a discount: it is kept here only.",),
        "change_tier": (
            "dembrane keeps the reason nowhere: it is kept here only.",
            "A paid tier turns the billing to managed and ends an expiry. It shows there up to 5 min late.",
        ),
        "change_admin": ("dembrane takes no reason for a new admin: it is kept here only.",),
    },
)
