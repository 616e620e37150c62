"""One kind of layer's share in the session cache. Answers: what does it ask of a cache?"""

from __future__ import annotations

from collections.abc import Sequence

from impl.cache.mirror import Pages
from impl.cache.radix_cache import Match
from impl.cache.radix_node import RadixNode
from impl.cache.record import KVRecord


class Part:
    """Keeps nothing, is never short of anything, and can go on from wherever it is asked to.

    A kind of layer for which one of these is not so says otherwise. The cache asks all its parts,
    and names none of them.
    """

    is_exact = False
    """What it keeps is for one length, and cannot be cut: what goes into the tree, or is to be gone
    on from, must have been computed up to just there."""

    # -- rows

    @property
    def can_begin(self) -> bool:
        """There is what one more row needs."""
        return True

    def begin(self, record: KVRecord) -> None:
        """A row begins, behind the prefix that it reads from the tree."""

    def slide(self, pages: Pages, after: int) -> None:
        """No later token of their row looks at `pages`; batch `after` is the last that may."""

    def is_reusable(self, record: KVRecord, length: int) -> bool:
        """Tell whether a turn could go on from `length` tokens of the row."""
        return True

    def end(self, record: KVRecord) -> None:
        """A row ends; its pages have been given back."""

    # -- pages

    def can_hold(self, num_pages: int) -> bool:
        """There is room for what so many new pages need."""
        return True

    def hold(self, pages: Pages) -> None:
        """These pages were taken for a row."""

    def free(self, pages: Pages, after: int) -> None:
        """A row or the tree gives pages back; batch `after` is the last that may use them."""

    # -- the tree

    def usable_len(self, match: Match) -> int:
        """Return how many tokens of what was found in the tree can be gone on from."""
        return match.length

    def can_keep(self, node: RadixNode | None) -> bool:
        """There is room for what goes into the tree with tokens that end at `node`, if at one."""
        return True

    def keep(self, record: KVRecord) -> None:
        """The row has published what it reads from the tree now."""

    def drop(self, node: RadixNode) -> None:
        """The end of `node` is evicted."""

    # -- check

    def check(self, records: Sequence[KVRecord]) -> None:
        """Raise AssertionError, with the values, unless all it keeps has just one holder."""
