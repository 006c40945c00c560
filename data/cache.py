"""The cache: a copy of the server's book with the rules' verdicts, the audit trail and members, in cache.db."""

from pathlib import Path

from data.bulk import Assess
from data.cache_shadow import CacheShadow
from data.steps import Steps

__all__ = ["Assess", "Cache"]


class Cache(CacheShadow):
    """An open cache.db: readers (cache_lists), trail and members (cache_trail), writers (cache_write, cache_shadow)."""

    @classmethod
    def open(cls, directory: Path, base_url: str | None, steps: Steps | None = None) -> "Cache":
        """Open the cache of a home for the calling thread (see CacheFile)."""
        return cls(directory, base_url, steps=steps)
