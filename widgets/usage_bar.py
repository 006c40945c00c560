"""Usage against the cap as a bar: rounded down to the half cell, so that it never reaches the end below the cap."""

from widgets.line import Piece
from widgets.look import Look

TOLERANCE = 1e-9


def bar(used: float | None, included: float | None, width: int, look: Look, ink: str = "") -> list[Piece]:
    """Return `width` cells; blank where there is no cap or nothing is known. Full bars are text, others muted."""
    if used is None or included is None:
        return [(" " * width, "text")]
    ratio = used / included if included > 0 else 1.0
    full = ratio >= 1 - TOLERANCE
    return filled(1.0 if full else ratio, width, look, ink or ("text" if full else "muted"))


def filled(ratio: float, width: int, look: Look, ink: str) -> list[Piece]:
    """Return a bar filled to `ratio` (0–1), rounded down to the half."""
    halves = int(min(max(ratio, 0.0), 1.0) * width * 2 + TOLERANCE)
    whole, half = divmod(halves, 2)
    done = look.glyphs.full * whole + (look.glyphs.half if half else "")
    return [piece for piece in ((done, ink), (look.glyphs.track * (width - len(done)), "line")) if piece[0]]
