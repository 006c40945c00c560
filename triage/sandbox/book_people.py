"""The people of the seeded book: the vendor's staff, the customers' contacts and workspace members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triage.sandbox.names import Organisation, person

Json = dict[str, Any]
Chance = Callable[[], float]


def _staff(key: str, name: str, role: str) -> Json:
    return {"staff_id": f"stf_{key}", "name": name, "email": f"{key}@vendor.example", "role": role}


# Viewer, agent and lead first: the three roles of the permission table.
STAFF: list[Json] = [
    _staff("vera", "Vera Lind", "viewer"),
    _staff("tom", "Tom Reyes", "agent"),
    _staff("maya", "Maya Okafor", "lead"),
    _staff("jonas", "Jonas Weber", "agent"),
    _staff("aoife", "Aoife Brennan", "agent"),
    _staff("siri", "Siri Håland", "agent"),
    _staff("mehmet", "Mehmet Yıldız", "agent"),
    _staff("clara", "Clara Jiménez", "agent"),
    _staff("kenji", "Kenji Mori", "agent"),
    _staff("lotte", "Lotte van Dam", "lead"),
    _staff("piotr", "Piotr Zając", "agent"),
    _staff("grace", "Grace Adeyemi", "agent"),
]
_MANAGERS: list[Json] = [{k: s[k] for k in ("staff_id", "name", "email")} for s in STAFF[1:]]


def manager(chance: Chance) -> Json:
    """A customer-success manager; the first two look after more accounts than the others."""
    return dict(_MANAGERS[int(chance() * chance() * len(_MANAGERS))])


def colleague(chance: Chance) -> Json:
    """A staff member who may write, as an audit actor: {staff_id, name}."""
    staff = _MANAGERS[int(chance() * len(_MANAGERS))]
    return {"staff_id": staff["staff_id"], "name": staff["name"]}


def contacts(number: int, trouble: str, organisation: Organisation, chance: Chance) -> list[Json]:
    """The contacts of account `number`; `trouble` is none, no_admin, unreachable or empty."""
    if trouble == "none":
        return []
    dice = chance()
    if trouble == "no_admin":
        roles = ["billing", "member"]
    elif dice < 0.5:
        roles = ["admin"]
    elif dice < 0.7:
        roles = ["admin", "billing"]
    elif dice < 0.85:
        roles = ["owner", "admin"]
    else:
        roles = ["admin", "member", "billing"]
    people = [_contact(number, n, role, organisation, chance) for n, role in enumerate(roles)]
    if trouble == "unreachable":
        for contact in people:
            contact["reachable"] = contact["role"] not in ("admin", "owner")
    return people


def _contact(number: int, n: int, role: str, organisation: Organisation, chance: Chance) -> Json:
    name, local = person(organisation.language, chance)
    return {
        "user_id": f"usr_{number * 32 + n:x}",
        "name": name,
        "email": f"{local}@{organisation.domain}",
        "role": role,
        "reachable": chance() < 0.97,
    }


# Who else belongs to a workspace, promotable ones first; external and observer may not become admin.
_OTHERS = (
    ("member", "external"),
    ("member", "member"),
    ("member", "member", "observer"),
    ("member", "billing", "external", "observer"),
    ("member",),
)


def members(number: int, index: int, known: list[Json], organisation: Organisation, chance: Chance) -> list[Json]:
    """The members of workspace `index` of account `number`: the contacts and some more, promotable first."""
    others = [
        _contact(number, 4 + index * 4 + n, role, organisation, chance)
        for n, role in enumerate(_OTHERS[int(chance() * len(_OTHERS))])
    ]
    everyone = [p for p in known if p["role"] in ("member", "billing")]
    everyone += [p for p in others if p["role"] in ("member", "billing")]
    everyone += [p for p in known if p["role"] in ("admin", "owner")]
    everyone += [p for p in others if p["role"] in ("external", "observer")]
    base = f"mem_{number * 8 + index:x}_"
    return [{"membership_id": base + str(n), **p} for n, p in enumerate(everyone)]
