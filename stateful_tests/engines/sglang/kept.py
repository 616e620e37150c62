"""What a release keeps of a turn that it put back, and the spec does not.

By the spec a slot then keeps what the last finished turn left; a first turn leaves none. SGLang
leaves the session a slot with all KV of the turn, which goes on from there. That is its own choice,
and no bug, as long as the turn waits: pages, locks and a row of a slot are in use then for what the
spec does not speak of. Once the turn is over the slot is judged as any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from stateful_tests.engines.sglang.turns import Turns

Held = dict[str, Any]


class Kept(NamedTuple):
    """The slot of a session whose turn was put back; how many of its tokens are told."""

    session: int
    row: int  # the release's number
    protected: int
    told: int | None  # None: the slot itself is not told

    @property
    def start(self) -> int:
        """From where on its pages are its own, and not told."""
        return self.protected if self.told is None else self.told


def kept(turns: Turns, slots: dict[str, Held]) -> Iterator[Kept]:
    """Generate the slots that hold more than is told."""
    for turn in turns.live.values():
        slot = slots.get(str(turn.session))
        if turn.put_back and turn.row is None and slot is not None and slot["row"] is not None:
            told = turn.history_len if turn.session in turns.slots else None
            yield Kept(turn.session, slot["row"], slot["protected"], told)


def as_told(held: Held, back: Kept | None) -> Held:
    """Return the lengths of a slot up to what is told of it: all, if no turn was put back."""
    if back is None or back.told is None:
        return held
    return {**held, **{name: min(held[name], back.told) for name in ("committed", "allocated")}}
