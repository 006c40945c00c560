"""What clients may send: the envelope of a change and the parameters of each kind; unknown fields are refused."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from triage.sandbox.codec import dumps, parse_stamp
from triage.sandbox.permissions import KINDS
from triage.sandbox.problems import invalid, pointers


def _timestamp(text: str) -> str:
    parse_stamp(text)
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _whole(number: object) -> object:
    """To JSON, and to JSON Schema, 65.0 and 65 are the same integer."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


# The document says as patterns what the validators demand.
_UTC: dict[str, Any] = {
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|\+00:00)$",
}
_INK: dict[str, Any] = {"pattern": r"[^\s\x1c-\x1f\x85]"}
Timestamp = Annotated[str, AfterValidator(_timestamp), Field(json_schema_extra=_UTC)]
Word = Annotated[str, Field(min_length=1, max_length=200, json_schema_extra=_INK), AfterValidator(_not_blank)]
Text = Annotated[str, Field(max_length=8000)]
Whole = Annotated[int, BeforeValidator(_whole)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
CHANGE_ID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TAG = r'^"cv-[0-9]{1,15}"$'
PaidTier = Literal["innovator", "changemaker", "guardian"]
Kind = Literal[
    "reset_usage",
    "grant_trial",
    "apply_discount",
    "change_tier",
    "change_admin",
    "log_contact",
    "log_outreach",
    "log_reply",
    "open_case",
    "update_case",
    "record_assessment",
    "set_flag",
    "claim",
    "release",
    "snooze",
    "note",
]
Step = Literal[
    "task",
    "manager",
    "sales",
    "executive",
    "assessed",
    "root_cause",
    "planned",
    "reviewed",
    "intervened",
    "recovered",
]


class Input(BaseModel):
    """Base of everything that comes in: no unknown fields, no coercion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Empty(Input):
    """No parameters (reset_usage, release)."""


class GrantTrial(Input):
    """Parameters of grant_trial."""

    tier: PaidTier = "changemaker"
    months: Whole = Field(default=1, ge=1, le=12)


_EITHER: dict[str, Any] = {
    "oneOf": [
        {
            "required": ["kind", "percent"],
            "properties": {"kind": {"type": "string"}, "percent": {"type": "number"}, "clear": {"const": False}},
        },
        {
            "required": ["clear"],
            "properties": {"clear": {"const": True}, "kind": {"type": "null"}, "percent": {"type": "null"}},
        },
    ]
}


class ApplyDiscount(Input):
    """Parameters of apply_discount: kind and percent, or clear."""

    model_config = ConfigDict(json_schema_extra=_EITHER)

    kind: Literal["scholarship", "staff_discount"] | None = None
    percent: Percent | None = None
    clear: bool = False

    @model_validator(mode="after")
    def one_of_the_two(self) -> "ApplyDiscount":
        """Either clear alone, or kind and percent together."""
        if self.clear and (self.kind is not None or self.percent is not None):
            raise ValueError("clear stands alone")
        if not self.clear and (self.kind is None or self.percent is None):
            raise ValueError("kind and percent are both needed, or clear: true")
        return self


class ChangeTier(Input):
    """Parameters of change_tier; the legacy tier `pilot` cannot be a target."""

    tier: Literal["free", "innovator", "changemaker", "guardian"]


class ChangeAdmin(Input):
    """Parameters of change_admin."""

    membership_id: Word


class LogContact(Input):
    """Parameters of log_contact."""

    channel: Word
    outcome: Word
    note: Text | None = None


class LogOutreach(Input):
    """Parameters of log_outreach."""

    stage: Literal["intent", "sent", "failed"]
    channel: Word
    contact: Word | None = None
    subject: Text | None = None
    template: Word | None = None
    follow_up_at: Timestamp | None = None


class LogReply(Input):
    """Parameters of log_reply."""

    outreach_id: Word


class OpenCase(Input):
    """Parameters of open_case."""

    kind: Literal["recovery", "red"]
    causes: list[Word] = Field(default_factory=list, max_length=20)


class UpdateCase(Input):
    """Parameters of update_case; whatever is left out stays as it is."""

    case_id: Word
    root_cause: Word | None = None
    step: Step | None = None
    owner: Word | None = None
    closed: bool | None = None
    outcome: Word | None = None


class RecordAssessment(Input):
    """Parameters of record_assessment."""

    leaf: Word
    answers: dict[str, Any] = Field(max_length=50)
    tree_hash: Word


class SetFlag(Input):
    """Parameters of set_flag."""

    flag: Word
    on: bool


class ClaimParams(Input):
    """Parameters of claim."""

    minutes: Whole = Field(ge=1, le=1440)


class SnoozeParams(Input):
    """Parameters of snooze."""

    until: Timestamp
    wake_on_worse: bool = False
    category: Word | None = None


class Note(Input):
    """Parameters of note."""

    text: Annotated[str, Field(min_length=1, max_length=8000, json_schema_extra=_INK), AfterValidator(_not_blank)]


PARAMETERS: dict[str, type[Input]] = {
    "reset_usage": Empty,
    "grant_trial": GrantTrial,
    "apply_discount": ApplyDiscount,
    "change_tier": ChangeTier,
    "change_admin": ChangeAdmin,
    "log_contact": LogContact,
    "log_outreach": LogOutreach,
    "log_reply": LogReply,
    "open_case": OpenCase,
    "update_case": UpdateCase,
    "record_assessment": RecordAssessment,
    "set_flag": SetFlag,
    "claim": ClaimParams,
    "release": Empty,
    "snooze": SnoozeParams,
    "note": Note,
}
assert PARAMETERS.keys() == KINDS.keys()


class Audit(Input):
    """What the author says about the change."""

    reason: Annotated[str, Field(max_length=2000)] | None = None
    authored_at: Timestamp
    client: Word
    shown_before: dict[str, Any] | None = None
    acknowledged: list[Text] = Field(default_factory=list, max_length=20)


class Change(Input):
    """The body of POST /v1/changes."""

    change_id: str = Field(pattern=CHANGE_ID)
    account_id: Word
    workspace_id: Word | None = None
    kind: Kind
    params: dict[str, Any]
    dedupe_key: Word | None = None
    audit: Audit


def read_change(value: Any) -> Change:
    """The envelope of a decoded body; 422 `invalid` with pointers where it does not fit. Parameters come later."""
    try:
        return Change.model_validate_json(dumps(value))
    except ValidationError as error:
        raise invalid(pointers(error.errors(include_url=False))) from None


def read_params(kind: str, params: dict[str, Any]) -> Input:
    """The parameters of a kind; 422 `invalid` with pointers below /params."""
    try:
        return PARAMETERS[kind].model_validate_json(dumps(params))
    except ValidationError as error:
        raise invalid(pointers(error.errors(include_url=False), "/params")) from None
