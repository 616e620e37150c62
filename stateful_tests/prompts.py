"""What clients say, in tokens: the first prompts of texts, and what is like nothing else.

Texts share whole pages exactly as `spec.machine.texts` says, and differ from the first token of the
first page on that differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from spec.machine.size import Size
from spec.machine.texts import least


class Prompts:
    """The tokens of one world's texts, by seed."""

    def __init__(self, size: Size, seed: int, vocabulary: int) -> None:
        self.size, self.seed, self.vocabulary = size, seed, vocabulary
        self.page = lru_cache(maxsize=100_000)(self._page)

    def first(self, text: int, num: int) -> list[int]:
        """Return the first `num` tokens of `text`."""
        pages = range(-(-num // self.size.page_size))
        tokens = [token for i in pages for token in self.page(least(text, i), i)]
        return tokens[:num]

    def later(self, num_submits: int, num: int) -> list[int]:
        """Return what a later turn says: other tokens for each submit of a trace."""
        return self._draw(f"{num_submits}", num)

    def prefix(self, namespace: int, tokens: Sequence[int]) -> int | None:
        """Return the prefix that whole pages of `tokens` say, or None: no text says them."""
        size, text = self.size.page_size, 0
        num = len(tokens) // size
        for i in range(num):
            found = self.next(text, i, tokens[i * size : (i + 1) * size])
            if found is None:
                return None
            text = found
        is_known = 0 < num <= self.size.indices and num * size == len(tokens)
        return self.size.all_texts.prefix(namespace, text, num - 1) if is_known else None

    def next(self, text: int, i: int, page: Sequence[int]) -> int | None:
        """Return the least text that begins like `text` and says `page` next, or None."""
        for other in (text, text + (1 << i)):
            if other < self.size.texts and self.page(other, i) == list(page):
                return other
        return None

    def tokens(self, prefix: int) -> tuple[int, list[int]]:
        """Return the namespace and the tokens of a prefix."""
        namespace, text, i = self.size.all_texts.parts(prefix)
        return namespace, self.first(text, (i + 1) * self.size.page_size)

    def _page(self, text: int, i: int) -> list[int]:
        """Return page `i` of `text`, which is the least text that says it.

        Of two texts that part here, one has bit `i` and the other has not: it is added to a token
        that both would begin the page with.
        """
        before = least(text, i - 1) if i else 0
        first = self._draw(f"page {i} after {before}", 1)[0] + int(text != before)
        rest = self._draw(f"page {i} of {text}", self.size.page_size - 1)
        return [first % self.vocabulary, *rest]

    def _draw(self, what: str, num: int) -> list[int]:
        digest = hashlib.shake_128(f"{self.seed} {what}".encode())
        return [byte % self.vocabulary for byte in digest.digest(num)]
