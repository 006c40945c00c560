"""What screens may ask the desk about health: four readings with their inputs, and the interview."""

from typing import Protocol

from data.health_view import HealthView


class HealthPort(Protocol):
    """Local and quick; errors are `data.errors`."""

    def health(self, account_id: str) -> HealthView | None:
        """One account's health in full (M, D, H, R), None when it is not in the cache."""
        ...
