"""The policy: every threshold, price, play and sentence of the rules, read from policy.toml and overrides."""

import difflib
import hashlib
import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from data.errors import ConfigError
from triage.policy_index import IndexRules, index_contradictions
from triage.policy_monitor import MonitorRules, monitor_contradictions
from triage.policy_part import Count, NotNegative, Part, Positive, Sentence
from triage.policy_red import RedRules, red_contradictions
from triage.policy_tree import OPEN_TABLES, TreeRules, tree_contradictions

SHIPPED = Path(__file__).with_name("policy.toml")

Kind = Literal["reset_usage", "grant_trial", "apply_discount", "change_tier", "change_admin"]
TierName = Literal["free", "pilot", "innovator", "changemaker", "guardian"]
LoginClass = Literal["frequent", "some", "none recent", "unknown"]
CategoryName = Literal["pilot_hard_block", "at_cap", "approaching_cap", "recently_downgraded"]


class AtRisk(Part, frozen=True):
    """Thresholds of A2–A7; days and seconds of elapsed time, ratios of included hours."""

    near_ratio: Positive
    horizon_days: Positive
    projection_days: Count
    projection_min_days: Count
    downgrade_days: Positive
    projection_refresh_seconds: Positive


class LoginRules(Part, frozen=True):
    """Thresholds of A8, in logins and days."""

    frequent_count: Count
    frequent_days: Positive
    recent_days: Positive


class Tier(Part, frozen=True):
    """One tier: rank, hours a cycle (inf: unlimited), price in minor units per seat and month (None: no list price)."""

    order: Annotated[int, msgspec.Meta(ge=0)]
    hours: NotNegative
    hard_blocks: bool
    legacy: bool
    price: Annotated[int, msgspec.Meta(ge=0)] | None = None

    @property
    def included(self) -> float | None:
        """What `hours_included` becomes on this tier; None is unlimited, as in the contract."""
        return None if math.isinf(self.hours) else self.hours


class Trial(Part, frozen=True):
    """What a reverse trial may be (A11)."""

    tiers: tuple[TierName, ...]
    default_tier: TierName
    default_months: Count
    max_months: Count
    month_days: Count


class DiscountRules(Part, frozen=True):
    """Which discounts exist (A11)."""

    kinds: tuple[str, ...]


class MemberRules(Part, frozen=True):
    """Roles that cannot become admin (A11)."""

    not_promotable: tuple[str, ...]


class ResetRules(Part, frozen=True):
    """The repeat check A13, in days."""

    repeat_days: Positive


class ReasonRules(Part, frozen=True):
    """The length of a reason in characters (A14)."""

    min_chars: Count
    max_chars: Count


class Play(Part, frozen=True):
    """One cell of the A9 matrix: how to read it, and the kinds to try, best first (A12)."""

    reading: Sentence
    suggested: tuple[Kind, ...]


class Policy(Part, frozen=True):
    """The whole policy. `version` is the shipped version, plus a hash of the content where it was overridden."""

    version: str
    at_risk: AtRisk
    logins: LoginRules
    tiers: dict[TierName, Tier]
    trial: Trial
    discount: DiscountRules
    members: MemberRules
    reset: ResetRules
    reason: ReasonRules
    matrix: dict[CategoryName, dict[LoginClass, Play]]
    monitor: MonitorRules
    tree: TreeRules
    index: IndexRules
    red: RedRules

    def rank(self, tier: str) -> int:
        """The order of a tier, -1 where the policy does not know it."""
        known = self.tier(tier)
        return -1 if known is None else known.order

    def tier(self, name: str) -> Tier | None:
        """A tier by name, None where the policy does not know it."""
        tiers: dict[Any, Tier] = self.tiers
        return tiers.get(name)

    def play(self, category: str, login_class: str) -> Play:
        """The cell of the matrix; every cell is there."""
        matrix: dict[Any, dict[Any, Play]] = self.matrix
        return matrix[category][login_class]


def load_policy(user_file: Path | None = None) -> Policy:
    """Read the shipped policy and lay the user's file over it, key by key.

    Raises ConfigError naming the file, the key and the nearest valid name.
    """
    shipped = _read(SHIPPED)
    if user_file is None:
        return _decode(shipped, SHIPPED)
    own = _read(user_file)
    _refuse_unknown(own, shipped, (), user_file)
    merged = _merged(shipped, own)
    policy = _decode(merged, user_file)
    _refuse_contradictions(policy, user_file)
    if policy == _decode(shipped, SHIPPED):
        return policy
    return msgspec.structs.replace(policy, version=f"{policy.version}+{_fingerprint(merged)}")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}).") from None
    except RecursionError:
        raise ConfigError(f"{file}: nested too deeply.") from None
    except ValueError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None


def _valid_names(shipped: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    if not path:
        return [name for name in shipped if name != "version"]
    if len(path) == 2 and path[0] == "tiers":
        return list(Tier.__struct_fields__)  # a tier without a list price leaves `price` out
    return list(shipped)


def _refuse_unknown(own: dict[str, Any], shipped: dict[str, Any], path: tuple[str, ...], file: Path) -> None:
    names = _valid_names(shipped, path)
    for key, value in own.items():
        dotted = ".".join((*path, key))
        if key not in names and path not in OPEN_TABLES:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.0)
            raise ConfigError(f"{file}: unknown key {dotted!r}. Nearest valid name: {'.'.join((*path, *near))!r}.")
        below = shipped.get(key)
        if isinstance(below, dict):
            if not isinstance(value, dict):
                raise ConfigError(f"{file}: {dotted!r} is a table, not a value.")
            _refuse_unknown(value, below, (*path, key), file)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        below = base.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _decode(tree: dict[str, Any], file: Path) -> Policy:
    try:
        return msgspec.convert(tree, Policy)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {str(error).replace('$.', '')}") from None


def _refuse_contradictions(policy: Policy, file: Path) -> None:
    orders = [tier.order for tier in policy.tiers.values()]
    checks = (
        (policy.reason.min_chars <= policy.reason.max_chars, "'reason.min_chars' is above 'reason.max_chars'"),
        (policy.trial.default_tier in policy.trial.tiers, "'trial.default_tier' is not one of 'trial.tiers'"),
        (policy.trial.default_months <= policy.trial.max_months, "'trial.default_months' is above 'trial.max_months'"),
        (
            policy.at_risk.projection_min_days <= policy.at_risk.projection_days,
            "'at_risk.projection_min_days' is above 'at_risk.projection_days'",
        ),
        (
            policy.logins.frequent_days <= policy.logins.recent_days,
            "'logins.frequent_days' is above 'logins.recent_days'",
        ),
        (len(set(orders)) == len(orders), "two tiers have the same 'order'"),
        (bool(policy.discount.kinds), "'discount.kinds' is empty"),
        *((False, said) for said in monitor_contradictions(policy.monitor)),
        *((False, said) for said in tree_contradictions(policy.tree)),
        *((False, said) for said in index_contradictions(policy.index)),
        *((False, said) for said in red_contradictions(policy.red)),
    )
    for fine, complaint in checks:
        if not fine:
            raise ConfigError(f"{file}: {complaint}.")


def _fingerprint(tree: dict[str, Any]) -> str:
    """Eight hex digits of the effective content; repr keeps inf, which JSON has not."""
    return hashlib.sha256(repr(_sorted(tree)).encode()).hexdigest()[:8]


def _sorted(value: Any) -> Any:
    return [(key, _sorted(value[key])) for key in sorted(value)] if isinstance(value, dict) else value
