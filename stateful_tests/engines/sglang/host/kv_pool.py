"""A KV pool that keeps one number per location, and forgets what is freed."""

from __future__ import annotations

from collections.abc import Iterable

from stateful_tests.engines.hosting.history import FREED, NEVER_WRITTEN


class HistoryPool:
    """What the release's allocator takes for a KV pool, and the stand-in model for its memory.

    Location 0, or the whole page 0, is padding, as in the release.
    """

    def __init__(self, size: int, page_size: int) -> None:
        self.size = size
        self.page_size = page_size
        self.regrouping = False  # frees were told of before
        self.values = [NEVER_WRITTEN] * (size + page_size)

    def freed(self, locations: Iterable[int]) -> None:
        """Forget what the pages of these locations hold: nobody may read it again."""
        for page in {location // self.page_size for location in locations}:
            start = page * self.page_size
            self.values[start : start + self.page_size] = [FREED] * self.page_size
