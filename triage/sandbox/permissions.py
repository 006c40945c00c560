"""Who may do what: one declarative table of roles and one of kinds; every check and the test matrix read these."""

from dataclasses import dataclass

HIGH_DISCOUNT = "discount:write:high"

# kind of change -> the permission it needs
KINDS: dict[str, str] = {
    "reset_usage": "usage:reset",
    "grant_trial": "trial:grant",
    "apply_discount": "discount:write",
    "change_tier": "tier:change",
    "change_admin": "admin:change",
    "log_contact": "records:write",
    "log_outreach": "records:write",
    "log_reply": "records:write",
    "open_case": "records:write",
    "update_case": "records:write",
    "record_assessment": "records:write",
    "set_flag": "records:write",
    "claim": "records:write",
    "release": "records:write",
    "snooze": "records:write",
    "note": "records:write",
}
REMEDIES = frozenset({"reset_usage", "grant_trial", "apply_discount", "change_tier", "change_admin"})


@dataclass(frozen=True)
class Role:
    """What a role may write, how high its discounts go (percent), and whether it may take over claims."""

    permissions: tuple[str, ...]
    discount_limit: int
    takes_over_claims: bool


_AGENT = ("usage:reset", "trial:grant", "discount:write", "records:write")
ROLES: dict[str, Role] = {
    "viewer": Role((), 0, False),
    "agent": Role(_AGENT, 20, False),
    "lead": Role((*_AGENT, HIGH_DISCOUNT, "tier:change", "admin:change"), 100, True),
}


@dataclass(frozen=True)
class Staff:
    """The signed-in staff member."""

    staff_id: str
    name: str
    email: str
    role: str

    @property
    def rights(self) -> Role:
        """The rights of the member's role."""
        return ROLES[self.role]

    def may(self, permission: str) -> bool:
        """True when the role holds `permission`."""
        return permission in self.rights.permissions
