"""What launched batches use, seen from outside. Answers: was some of it handed out to others?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from impl.cache.free_list import FreeList
from impl.cache.mirror import Pages
from impl.engine import Engine
from impl.model.batch import Chunk
from impl.paging import floor_align
from impl.sessions.turn import Result
from stateful_tests.difference import Difference

Uses = Callable[[Chunk], Iterable[int]]
"""What of a free list's numbers a chunk reads or writes."""


@dataclass
class _Watched:
    """One kind of numbers, and which batches use which of them."""

    kind: str
    uses: Uses
    by_batch: list[tuple[int, set[int]]] = field(default_factory=list)  # oldest first

    def forget(self, done: int) -> None:
        """Forget what batches up to `done` have used."""
        self.by_batch = [(number, used) for number, used in self.by_batch if number > done]


class InUse:
    """Watches the free lists of one engine.

    Only a result that was read, or waiting for the device, says that a batch is done: on a CPU all
    are when they are launched, but nobody may count on it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._done = 0
        self._watched = list[_Watched]()
        rows, memory = engine.rows, engine.memory
        self._watch("row", rows.free_list, lambda chunk: [chunk.row])
        self._watch("page", engine.allocator.free_list, lambda c: self._pages(c).tolist())
        if window := memory.window:
            pages_of = window.of_page.host
            self._watch(
                "window page",
                window.allocator.free_list,
                lambda c: set(pages_of[self._window(c)].tolist()) - {0},
            )
        if recurrents := memory.recurrents:
            self._watch("recurrent state", recurrents.free_list, _states)
        forward, verify = engine.runner.forward, engine.runner.verify
        read, wait = engine.launcher.read, engine.launches.wait

        def seen_forward(chunks: Sequence[Chunk]) -> Tensor:
            for watched in self._watched:
                used = {number for chunk in chunks for number in watched.uses(chunk)}
                watched.forget(self._done)
                watched.by_batch.append((engine.launches.launched, used))
            return forward(chunks)

        def seen_read(result: Result) -> int:
            token = read(result)
            self._done = max(self._done, result.batch.number)
            return token

        def seen_verify(chunk: Chunk) -> list[int]:
            tokens = verify(chunk)  # they were waited for
            self._done = engine.launches.launched
            return tokens

        def seen_wait() -> None:
            wait()
            self._done = engine.launches.launched

        engine.runner.forward = seen_forward  # type: ignore[method-assign]
        engine.runner.verify = seen_verify  # type: ignore[method-assign]
        engine.launcher.read = seen_read  # type: ignore[method-assign]
        engine.launches.wait = seen_wait  # type: ignore[method-assign]

    def _pages(self, chunk: Chunk) -> Pages:
        return self._engine.rows.of(chunk.row, 0, chunk.end)

    def _window(self, chunk: Chunk) -> Pages:
        """Return the pages that the chunk's windows reach."""
        config = self._engine.config
        start = max(0, floor_align(chunk.start - config.window, config.page_size))
        return self._engine.rows.of(chunk.row, start, chunk.end)

    def _watch(self, kind: str, numbers: FreeList, uses: Uses) -> None:
        """Look at all numbers of a kind that are handed out."""
        watched, take = _Watched(kind, uses), numbers.take
        self._watched.append(watched)

        def seen_take(count: int) -> Pages | None:
            taken = take(count)
            if taken is not None:
                self._check(watched, set(taken.tolist()))
            return taken

        numbers.take = seen_take  # type: ignore[method-assign]

    def _check(self, watched: _Watched, taken: set[int]) -> None:
        watched.forget(self._done)
        for number, used in watched.by_batch:
            if both := sorted(taken & used):
                raise Difference(
                    "nothing_is_handed_out_that_a_launched_batch_may_use",
                    f"{watched.kind} {both} is handed out",
                    f"free once the result of batch {number} is read",
                    f"batches up to {self._done} are known to be done",
                )


def _states(chunk: Chunk) -> list[int]:
    return [] if chunk.recurrent is None else [chunk.recurrent]
