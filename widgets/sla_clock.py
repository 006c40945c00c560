"""The SLA clock of a Red account in a sentence: what is left of it, bold from 24 h (look.md §5, R11)."""

from datetime import datetime

from widgets import numbers

SOON = numbers.DAY


def left_words(due_at: datetime, now: datetime) -> tuple[str, str]:
    """Return the clock in words, with its ink: `6 h left`, `2 h late`."""
    left = (due_at - now).total_seconds()
    if left < 0:
        return (f"{numbers.ago(-left)} late", "blocked bold")
    return (f"{numbers.ago(left)} left", "strong bold" if left <= SOON else "text")
