"""What screens may ask the desk about the book as a whole."""

from typing import Protocol


class PortfolioPort(Protocol):
    """Local and quick; errors are `data.errors`."""
