"""What screens may ask the desk about cases, tasks and clocks."""

from typing import Protocol


class CasesPort(Protocol):
    """Local and quick; errors are `data.errors`."""
