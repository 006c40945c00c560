"""Keys that nobody meant: typed as the window woke, or poured in at once (a paste without brackets)."""

from collections import deque

from textual import events

AFTER_FOCUS = 0.3  # seconds
BURST = 0.025  # seconds within which…
BURST_KEYS = 3  # …so many printable keys are not a person
TYPED_TOO_FAST = "Typed too fast after the window woke: nothing was done."


class TypingGuard:
    """Sees every key as it enters the app, before it reaches a widget. Times are those of the events, in seconds."""

    def __init__(self) -> None:
        self._focused_at = float("-inf")
        self._times: deque[float] = deque(maxlen=64)

    def note(self, event: events.Event) -> None:
        """Remember a key or a return of the focus; the initial focus at the start counts too."""
        if isinstance(event, events.AppFocus):
            self._focused_at = event.time
        elif isinstance(event, events.Key) and event.is_printable:
            self._times.append(event.time)

    def doubts(self, event: events.Key) -> bool:
        """Return whether an action key should be ignored."""
        if not event.is_printable:
            return False
        near = sum(1 for time in self._times if abs(time - event.time) <= BURST)
        return near >= BURST_KEYS or 0 <= event.time - self._focused_at <= AFTER_FOCUS
