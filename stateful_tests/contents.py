"""Are the KV contents right, and the tokens? All is compared with a dense run of the same weights.

The client's side of each conversation is remembered here, whatever the engine remembers: stale,
foreign, freed or unwritten KV, and a turn that goes on from the wrong tokens, are Differences.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from impl.engine import Engine
from impl.moves import Ended
from impl.turn import Turn
from stateful_tests.dense import dense_forward
from stateful_tests.difference import Difference

TOLERANCE = 1e-9
"""K and V of float64 runs that add in another order differ by about 1e-15."""


@dataclass
class Dense:
    """The dense run of some tokens: K and V [layers, tokens, heads, dim], greedy next tokens."""

    tokens: list[int]
    k: Tensor
    v: Tensor
    following: list[int]  # following[i] is the model's choice after tokens[: i + 1]


@dataclass
class Contents:
    """What each session's client sent and received, and the dense runs of it."""

    engine: Engine
    history: dict[int, list[int]] = field(default_factory=dict)  # session -> last finished tokens
    prompts: dict[int, list[int]] = field(default_factory=dict)  # turn -> whole input
    _dense: dict[int, Dense] = field(default_factory=dict)  # turn -> its run

    def submitted(self, session: int, turn: int, new: list[int]) -> None:
        """A turn was accepted: the client expects it to go on from the last finished turn."""
        self.prompts[turn] = [*self.history.get(session, []), *new]

    def ended(self, end: Ended) -> None:
        """A turn is over; compare the tokens of a finished one."""
        prompt = self.prompts.pop(end.turn)
        if end.outcome == "finished":
            tokens = [*prompt, *end.output]
            self._compare_output(end.turn, len(prompt), self._run(end.turn, tokens))
            self.history[end.session] = tokens
        self._dense.pop(end.turn, None)

    def closed(self, session: int) -> None:
        """A session is gone, with its history."""
        self.history.pop(session, None)

    def check(self) -> None:
        """Compare the K and V of every committed position of every row with the dense run."""
        for session in self.engine.sessions.values():
            turn, last = session.in_flight, session.req_nodes
            if turn and turn.record:
                self._check_turn(turn)
            elif session.slot and last:
                dense = self._run(last.id, self.history[session.id])
                self._compare_kv(session.slot.row, session.slot.committed, dense, "its slot")

    def _check_turn(self, turn: Turn) -> None:
        assert turn.record
        prompt = self.prompts[turn.id]
        if turn.tokens[: turn.prompt_len] != prompt:
            raise Difference(
                "a_turn_goes_on_from_the_last_finished_turn",
                f"turn {turn.id} has another input than its client sent",
                f"{prompt}",
                f"{turn.tokens[: turn.prompt_len]}",
            )
        dense = self._run(turn.id, turn.tokens)
        self._compare_output(turn.id, turn.prompt_len, dense)
        self._compare_kv(turn.record.row, turn.record.committed, dense, f"turn {turn.id}")

    def _run(self, turn: int, tokens: list[int]) -> Dense:
        known = self._dense.get(turn)
        if known is None or known.tokens != tokens:
            logits, k, v = dense_forward(self.engine.model, tokens)
            known = Dense(list(tokens), k, v, logits.argmax(dim=-1).tolist())
            self._dense[turn] = known
        return known

    def _compare_output(self, turn: int, prompt_len: int, dense: Dense) -> None:
        expected = dense.following[prompt_len - 1 : len(dense.tokens) - 1]
        if dense.tokens[prompt_len:] != expected:
            raise Difference(
                "output_equals_that_of_the_dense_model",
                f"turn {turn} says other tokens than the same model without sessions and pages",
                f"{expected}",
                f"{dense.tokens[prompt_len:]}",
            )

    def _compare_kv(self, row: int, committed: int, dense: Dense, owner: str) -> None:
        committed = min(committed, len(dense.tokens))
        locations = self.engine.rows.table[row, :committed]
        for name, pool, expected in (
            ("K", self.engine.kv_pool.k, dense.k),
            ("V", self.engine.kv_pool.v, dense.v),
        ):
            error = (pool[:, locations] - expected[:, :committed]).abs().amax(dim=(0, 2, 3))
            wrong = torch.nonzero(error > TOLERANCE).flatten().tolist()
            if wrong:
                raise Difference(
                    "committed_kv_is_that_of_the_tokens",
                    f"{name} at positions {wrong} of row {row} ({owner}) is not what these tokens "
                    f"give: off by up to {error.max().item():.3g}",
                )
