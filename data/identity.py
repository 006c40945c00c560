"""Who we are to a backend."""

from data.account import Id, Time, Value
from data.safe_text import SafeText


class Identity(Value, frozen=True):
    """The staff member a token belongs to; `discount_limit` in percent."""

    staff_id: Id
    name: SafeText
    email: SafeText | None
    role: SafeText
    permissions: tuple[SafeText, ...]
    discount_limit: float | None
    server_time: Time | None
