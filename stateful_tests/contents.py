"""Are the KV contents right, and the tokens? All is compared with a dense run of the same weights.

The client's side of each conversation is remembered here, whatever the engine remembers: stale,
foreign, freed or unwritten KV, and a turn that goes on from the wrong tokens, are Differences.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import torch
from torch import Tensor

from impl.engine import Engine
from impl.moves import Ended
from impl.session import Session
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


@dataclass(frozen=True)
class Sample:
    """How much is compared with dense runs, which cost the most: by default, all of it."""

    outputs: int = 1  # the output of every so many-th finished turn
    sessions: int | None = None  # sessions whose KV is compared at each check, drawn by the seed
    seed: int = 0


ALL = Sample()


@dataclass
class Contents:
    """What each session's client sent and received, and the dense runs of it."""

    engine: Engine
    sample: Sample = ALL
    history: dict[int, list[int]] = field(default_factory=dict)  # session -> last finished tokens
    prompts: dict[int, list[int]] = field(default_factory=dict)  # turn -> whole input
    num_finished: int = 0
    num_outputs: int = 0  # outputs of finished turns that were compared
    num_sessions: int = 0  # comparisons of all KV of one session
    _dense: dict[int, Dense] = field(default_factory=dict)  # session -> its last run

    def __post_init__(self) -> None:
        """Start the draw of sessions."""
        self._random = Random(self.sample.seed)

    def submitted(self, session: int, turn: int, new: list[int]) -> None:
        """A turn was accepted: the client expects it to go on from the last finished turn."""
        self.prompts[turn] = [*self.history.get(session, []), *new]

    def ended(self, end: Ended) -> None:
        """A turn is over; compare the tokens of a finished one."""
        prompt = self.prompts.pop(end.turn)
        if end.outcome != "finished":
            return
        tokens = [*prompt, *end.output]
        if self.num_finished % self.sample.outputs == 0:
            self._compare_output(end.turn, len(prompt), self._run(end.session, tokens))
            self.num_outputs += 1
        self.num_finished += 1
        self.history[end.session] = tokens

    def closed(self, session: int) -> None:
        """A session is gone, with its history."""
        self.history.pop(session, None)
        self._dense.pop(session, None)

    def check(self) -> None:
        """Compare the K and V of every committed position of the sessions' rows with dense runs."""
        sessions = list(self.engine.sessions.values())
        if self.sample.sessions is not None:
            holding = [x for x in sessions if x.slot or (x.in_flight and x.in_flight.record)]
            sessions = self._random.sample(holding, min(self.sample.sessions, len(holding)))
        for session in sessions:
            self._check_session(session)
        self.num_sessions += len(sessions)

    def _check_session(self, session: Session) -> None:
        turn = session.in_flight
        if turn and turn.record:
            self._check_turn(session.id, turn)
        elif session.slot and session.req_nodes:
            dense = self._run(session.id, self.history[session.id])
            self._compare_kv(session.slot.row, session.slot.committed, dense, "its slot")

    def _check_turn(self, session: int, turn: Turn) -> None:
        assert turn.record
        prompt = self.prompts[turn.id]
        if turn.tokens[: turn.prompt_len] != prompt:
            raise Difference(
                "a_turn_goes_on_from_the_last_finished_turn",
                f"turn {turn.id} has another input than its client sent",
                f"{prompt}",
                f"{turn.tokens[: turn.prompt_len]}",
            )
        dense = self._run(session, turn.tokens)
        self._compare_output(turn.id, turn.prompt_len, dense)
        self._compare_kv(turn.record.row, turn.record.committed, dense, f"turn {turn.id}")

    def _run(self, session: int, tokens: list[int]) -> Dense:
        known = self._dense.get(session)
        if known is None or known.tokens != tokens:
            logits, k, v = dense_forward(self.engine.model, tokens)
            known = Dense(list(tokens), k, v, logits.argmax(dim=-1).tolist())
            self._dense[session] = known
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
