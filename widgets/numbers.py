"""Hours, percent, money, ages and dates as text, cell-exact (look.md §7). Pure: `now` is always an argument."""

import math
from datetime import UTC, date, datetime

from data.safe_text import most_cells, widest
from widgets.glyphs import UNICODE, Glyphs

MINUTE, HOUR, DAY, WEEK, YEAR = 60, 3600, 86400, 604800, 31536000
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "PLN": "", "CHF": ""}
_UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK, "y": YEAR}
_MINOR = {"JPY": 1, "KRW": 1, "ISK": 1, "HUF": 100, "BHD": 1000, "KWD": 1000, "TND": 1000}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def hours(value: float | None, below: float | None = None, glyphs: Glyphs = UNICODE) -> str:
    """Return hours in at most 4 characters, rounded down below the cap `below` so that 0.9951 of 1 reads 0.99."""
    if value is None:
        return glyphs.unknown
    places = 2 if value < 10 else 1 if value < 100 else 0
    text = _down(value, places, below)
    return text if len(text) <= 4 or not places else _down(value, places - 1, below)  # 9.999 would read 10.00


def cap(value: float | None, glyphs: Glyphs = UNICODE) -> str:
    """Return included hours: whole where they are whole, the no-cap sign for None."""
    if value is None:
        return glyphs.no_cap
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def hours_cell(used: float | None, included: float | None, known: bool, glyphs: Glyphs = UNICODE) -> str:
    """Return the 7 cells `10.2/10`: four, slash, two; three digits of included hours move the slash one left."""
    if not known:
        return f"{glyphs.unknown:>4}   "
    right = cap(included, glyphs)
    right = right if len(right) <= 3 else f"{min(99, (included or 0) / 1000):.0f}k"
    room = 4 if len(right) < 3 else 3
    left = hours(used, included, glyphs)
    if len(left) > room and "." in left:
        left = _down(used or 0.0, room - 2 if (used or 0.0) < 10 else 0, included)
    if len(left) > room:
        left = f"{(used or 0.0) / 1000:.0f}k"
    return f"{left[:room]:>{room}}/{right}".ljust(7)


def _down(value: float, places: int, below: float | None) -> str:
    """Return `value` with `places` decimals, rounded down when it is below the cap."""
    if below is not None and value < below:
        value = math.floor(value * 10**places + 1e-9) / 10**places
    return f"{value:.{places}f}"


def percent(ratio: float | None, glyphs: Glyphs = UNICODE) -> str:
    """Return a ratio as whole percent, rounded down below 1 so that "100 %" always means reached."""
    if ratio is None:
        return glyphs.unknown
    whole = math.floor(ratio * 100 + 1e-9) if ratio < 1 else round(ratio * 100)
    return f"{whole} %"


def symbol(currency: str | None) -> str:
    """Return a currency's one-cell symbol, or nothing."""
    return _SYMBOLS.get(currency or "", "")


def minor_units(currency: str | None) -> int:
    """Return how many minor units make one unit."""
    return _MINOR.get(currency or "", 100)


def money(amount: int | None, currency: str | None, glyphs: Glyphs = UNICODE) -> str:
    """Return money for a row: whole units, `€4,275`, `€12.4k`, `€1.2m`; digits only without a one-cell symbol."""
    if amount is None:
        return glyphs.unknown
    units = amount / minor_units(currency)
    sign = glyphs.minus if units < 0 else ""
    return sign + (symbol(currency) if glyphs.symbols else "") + _short(abs(units))


def _short(units: float) -> str:
    for limit, scale, places, letter in (
        (10_000, 1, 0, ""),
        (99_950, 1e3, 1, "k"),
        (999_500, 1e3, 0, "k"),
        (99_950_000, 1e6, 1, "m"),
        (math.inf, 1e6, 0, "m"),
    ):
        if units < limit and not (letter == "" and round(units) >= 10_000):
            return f"{units / scale:,.{places}f}{letter}"
    return f"{units:.0f}"


def money_words(amount: int | None, currency: str | None, glyphs: Glyphs = UNICODE) -> str:
    """Return money for a sentence: whole units with the currency named, `€349`, `EUR 349`, `CHF 1,200`."""
    if amount is None:
        return glyphs.unknown
    return _named(f"{abs(amount) / minor_units(currency):,.0f}", amount, currency, glyphs)


def money_exact(amount: int | None, currency: str | None, glyphs: Glyphs = UNICODE) -> str:
    """Return money with its minor units for forms, outbox and audit: `€825.00`."""
    if amount is None:
        return glyphs.unknown
    places = len(str(minor_units(currency))) - 1
    return _named(f"{abs(amount) / minor_units(currency):,.{places}f}", amount, currency, glyphs)


def _named(digits: str, amount: int, currency: str | None, glyphs: Glyphs) -> str:
    sign = glyphs.minus if amount < 0 else ""
    if glyphs.symbols and symbol(currency):
        return f"{sign}{symbol(currency)}{digits}"
    return f"{currency} {sign}{digits}" if currency else f"{sign}{digits}"


def age(seconds: float) -> str:
    """Return an age in one unit and at most 3 characters: `14s 40m 17h 21d 14w 2y`."""
    return age_until(seconds)[0]


def age_until(seconds: float) -> tuple[str, float]:
    """Return the age of `age` and in how many seconds it will read differently."""
    seconds = max(0.0, seconds)
    for limit, unit, letter in ((MINUTE, 1, "s"), (HOUR, MINUTE, "m"), (DAY, HOUR, "h"), (98 * DAY, DAY, "d")):
        if seconds < limit:
            return f"{int(seconds // unit)}{letter}", unit - seconds % unit
    unit, letter = (WEEK, "w") if seconds < 100 * WEEK else (YEAR, "y")
    return f"{min(99, int(seconds // unit))}{letter}", unit - seconds % unit


def left_until(seconds: float, glyphs: Glyphs = UNICODE) -> tuple[str, float]:
    """Return the time left on a clock in at most 3 characters, `3h`, `−2h` when late, and the seconds it holds.

    Late by ten or more of a unit counts as one of the next: `−1d` from ten hours on; `−9w` stands for all beyond.
    """
    if seconds > 0:
        text, _ = age_until(seconds)
        return text, max(0.05, seconds % _UNITS[text[-1]])
    late = -seconds
    for letter, bigger in (("m", "h"), ("h", "d"), ("d", "w")):
        unit, most = _UNITS[letter], _UNITS[bigger]
        if late < min(10 * unit, most):
            return f"{glyphs.minus}{max(1, int(late // unit))}{letter}", unit - late % unit
        if late < most:
            return f"{glyphs.minus}1{bigger}", most - late
    return f"{glyphs.minus}{min(9, int(late // WEEK))}w", WEEK - late % WEEK


def ago(seconds: float, *, still: bool = False) -> str:
    """Return an age for a sentence: `14 s`, `2 h`, `21 d`; `still`: on a thin line seconds are not told, `< 1 min`."""
    if still and seconds < MINUTE:
        return "< 1 min"
    short = age(seconds)
    return f"{short[:-1]} {'min' if short[-1] == 'm' else short[-1]}"


def long_age(seconds: float) -> str:
    """Return an age in two units for the pane: `17 h 36 min`, `6 d 4 h`, `40 min`."""
    minutes = int(max(0.0, seconds) // MINUTE)
    if minutes < 1:
        return f"{int(max(0.0, seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    days, rest = divmod(minutes // 60, 24)
    return f"{days} d" + (f" {rest} h" if rest and days < 14 else "")


def since(at: datetime, now: datetime) -> float:
    """Return the elapsed seconds, never below 0."""
    return max(0.0, (now - at).total_seconds())


def local(at: datetime) -> datetime:
    """Return the local time; in UTC where that would lie before or after all years (9999-12-31 stands for "never")."""
    try:
        return at.astimezone()
    except (OverflowError, ValueError):
        return at.astimezone(UTC)


def day(at: datetime | date, now: datetime) -> str:
    """Return a local date: `20 Nov`, with the year when it is not this one. A `date` (a UTC day) stands as it is."""
    here = local(at) if isinstance(at, datetime) else at
    year = "" if here.year == local(now).year else f" {here.year}"
    return f"{here.day} {_MONTHS[here.month - 1]}{year}"


def clock(at: datetime) -> str:
    """Return a local time of day: `16:05`."""
    return f"{local(at):%H:%M}"


def moment(at: datetime, now: datetime) -> str:
    """Return local time today, else date and time: `16:05`, `20 Nov 16:05`."""
    return clock(at) if local(at).date() == local(now).date() else f"{day(at, now)} {clock(at)}"


def utc(at: datetime) -> str:
    """Return the exact moment for details, audit and copies: `2026-11-20 16:05Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}"


def count(number: int) -> str:
    """Return a count with commas."""
    return f"{number:,}"


def short_count(number: int) -> str:
    """Return a count in at most 4 characters: `412`, `4.1k`, `120k`."""
    return f"{number}" if number < 1000 else _thousands(number)


def _thousands(number: int) -> str:
    if number < 9_950:
        return f"{number / 1000:.1f}k"
    return f"{number / 1000:.0f}k" if number < 999_500 else f"{number / 1e6:.1f}m"


def fit(text: str, cells: int, glyphs: Glyphs = UNICODE) -> str:
    """Return `text` cut with the set's mark and padded to exactly `cells` cells.

    Cut by the most that a terminal may give it, padded by what Textual counts, so that the next column stands still.
    """
    text = glyphs.show(text)
    if most_cells(text.rstrip()) > cells or _textual_cells(text) > cells:
        text = widest(text, cells - 1) + glyphs.cut if cells > 0 else ""
    return text + " " * (cells - _textual_cells(text))


def _textual_cells(text: str) -> int:
    """Return the cells by Textual's count; Rich is loaded for foreign text only, so that commands go without it."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def padded(text: str, cells: int, glyphs: Glyphs = UNICODE) -> str:
    """Return a text that was cut for these cells before, its mark behind it, padded to them; a longer one is cut."""
    return text + " " * (cells - _textual_cells(text)) if _textual_cells(text) <= cells else fit(text, cells, glyphs)
