"""Are the KV contents right, and the tokens? All is compared with a dense run of the same weights.

Stale, foreign, freed or unwritten KV, and a turn that goes on from other tokens than its client's,
are Differences.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import torch
from torch import Tensor

from impl.cache.page_table import locations_of
from impl.cache.radix_node import RadixNode
from impl.cache.record import KVRecord
from impl.engine import Engine
from impl.model.sampling import GREEDY, Sampling
from impl.sessions.session import Session
from impl.sessions.turn import Turn
from stateful_tests.difference import Difference
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.reference.dense import DenseRun, dense_forward
from stateful_tests.engines.reference.sampled import said, sampling_of

TOLERANCE = 1e-9
"""K and V of float64 runs that add in another order differ by about 1e-15."""


@dataclass
class Dense:
    """The dense run of some tokens."""

    tokens: list[int]
    run: DenseRun


@dataclass
class Contents:
    """Dense runs of what clients sent and received, beside the engine's pools.

    Of more than `most_checked` sessions, or pages of the tree, as many are drawn at each check.
    """

    engine: Engine
    most_checked: int | None = None
    seed: int = 0
    sampled: bool = False
    histories: Histories = field(default_factory=Histories)
    _dense: dict[int, Dense] = field(default_factory=dict)  # session -> its last run
    _cached: dict[tuple[int, ...], Dense] = field(default_factory=dict)  # namespace and tokens

    def __post_init__(self) -> None:
        """Start the draw of sessions."""
        self._random = Random(self.seed)

    def sampling_of(self, turn: int) -> Sampling:
        """Return how a turn's tokens are chosen."""
        if not self.sampled:
            return GREEDY
        return sampling_of(turn, self.seed, self.engine.config.model.vocab_size)

    def check_output(self, turn: int, prompt_len: int, tokens: list[int], namespace: int) -> None:
        """Compare the output of a finished turn."""
        self._compare_output(turn, prompt_len, self._new_run(tokens, namespace))

    def check(self, histories: Histories) -> int:
        """Compare committed KV of sessions' rows, and that of the tree, with dense runs."""
        self.histories = histories
        sessions = list(self.engine.sessions.values())
        nodes = list(self.engine.tree.nodes())
        for gone in self._dense.keys() - self.engine.sessions.keys():
            del self._dense[gone]
        if (most := self.most_checked) is not None:
            holding = [x for x in sessions if x.slot or x.is_lent]
            sessions = self._random.sample(holding, min(most, len(holding)))
            nodes = self._random.sample(nodes, min(most, len(nodes)))
        for session in sessions:
            self._check_session(session)
        for node in nodes:
            self._check_node(node)
        return len(sessions)

    def _check_session(self, session: Session) -> None:
        turn = session.in_flight
        if turn and turn.record:
            self._check_turn(session, turn)
        elif session.slot and session.req_nodes:
            dense = self._run(session, self.histories.finished[session.id])
            self._compare_record(session.slot, dense, session.namespace, "its slot")

    def _check_turn(self, session: Session, turn: Turn) -> None:
        assert turn.record
        prompt, tokens = self.histories.prompts[turn.id], list(turn.tokens)
        if tokens[: turn.prompt_len] != prompt:
            raise Difference(
                "a_turn_goes_on_from_the_last_finished_turn",
                f"turn {turn.id} has another input than its client sent",
                f"{prompt}",
                f"{tokens[: turn.prompt_len]}",
            )
        dense = self._run(session, tokens)
        self._compare_output(turn.id, turn.prompt_len, dense)
        self._compare_record(turn.record, dense, session.namespace, f"turn {turn.id}")

    def _check_node(self, node: RadixNode) -> None:
        namespace, tokens = node.namespace, list(node.tokens)
        dense = self._cached.get((namespace, *tokens))
        if dense is None:
            dense = self._cached[namespace, *tokens] = self._new_run(tokens, namespace)
        start = len(tokens) - len(node.key)
        owner = f"a node of the tree in namespace {namespace}"
        locations = locations_of(node.value, self.engine.config.page_size)
        self._compare_kv(locations, start, start, dense, owner)
        if node.recurrent is not None:
            self._compare_state(node.recurrent, len(tokens), dense, owner)

    def _run(self, session: Session, tokens: list[int]) -> Dense:
        known = self._dense.get(session.id)
        if known is None or known.tokens != tokens:
            known = self._dense[session.id] = self._new_run(tokens, session.namespace)
        return known

    def _new_run(self, tokens: list[int], namespace: int) -> Dense:
        run = dense_forward(self.engine.model, tokens, namespace)
        return Dense(list(tokens), run)

    def _compare_output(self, turn: int, prompt_len: int, dense: Dense) -> None:
        logits = dense.run.logits[prompt_len - 1 : len(dense.tokens) - 1]
        expected = said(logits, self.sampling_of(turn), prompt_len)
        if dense.tokens[prompt_len:] != expected:
            raise Difference(
                "output_equals_that_of_the_dense_model",
                f"turn {turn} says other tokens than the same model without sessions and pages",
                f"{expected}",
                f"{dense.tokens[prompt_len:]}",
            )

    def _compare_record(self, record: KVRecord, dense: Dense, namespace: int, owner: str) -> None:
        committed = min(record.committed, len(dense.tokens))
        locations = self.engine.rows.locations(record.row, 0, committed)
        owner = f"row {record.row}, {owner}"
        window_start = 0 if record.cursor == record.protected else record.cursor
        self._compare_kv(locations, 0, window_start, dense, owner)
        self._compare_draft(record, dense.tokens, namespace, owner)
        if record.recurrent is not None and committed and not record.is_unread:
            self._compare_state(record.recurrent, committed, dense, owner)

    def _compare_state(self, slot: int, num: int, dense: Dense, owner: str) -> None:
        """Compare a recurrent state with the one after `num` tokens."""
        recurrents = self.engine.memory.recurrents
        assert recurrents, "a model without recurrent layers has no states"
        error = (recurrents.states[slot] - dense.run.states[0, num - 1]).abs().amax()
        if not error <= TOLERANCE:
            raise Difference(
                "a_recurrent_state_is_that_of_the_tokens",
                f"the state of {owner} is not the one after {num} tokens: "
                f"off by up to {error.item():.3g}",
            )

    def _compare_draft(
        self, record: KVRecord, tokens: list[int], namespace: int, owner: str
    ) -> None:
        """Compare what a draft model has computed: it changes no answer, only which are right."""
        draft, num = self.engine.draft_model, min(record.drafted, len(tokens))
        if draft and num:
            run = dense_forward(draft.model, tokens[:num], namespace)
            locations = self.engine.rows.locations(record.row, 0, num)
            pool, owner = draft.memory.kv_pool, f"{owner}, of the draft model"
            self._compare("K", pool.k[:, locations], run.k, 0, owner)
            self._compare("V", pool.v[:, locations], run.v, 0, owner)

    def _compare_kv(
        self, locations: Tensor, start: int, window_start: int, dense: Dense, owner: str
    ) -> None:
        """Compare the KV of positions from `start` on; of window layers, from `window_start` on."""
        pool, run, end = self.engine.memory.kv_pool, dense.run, start + len(locations)
        self._compare("K", pool.k[:, locations], run.k[:, start:end], start, owner)
        self._compare("V", pool.v[:, locations], run.v[:, start:end], start, owner)
        if (window := self.engine.memory.window) and window_start < end:
            found = window.locations(locations[window_start - start :])
            expected_k, expected_v = (
                run.window_k[:, window_start:end],
                run.window_v[:, window_start:end],
            )
            self._compare("window K", window.kv.k[:, found], expected_k, window_start, owner)
            self._compare("window V", window.kv.v[:, found], expected_v, window_start, owner)

    def _compare(self, name: str, found: Tensor, expected: Tensor, start: int, owner: str) -> None:
        error = (found - expected).abs().amax(dim=(0, 2, 3))
        wrong = (torch.nonzero(~(error <= TOLERANCE)).flatten() + start).tolist()
        if wrong:
            raise Difference(
                "committed_kv_is_that_of_the_tokens",
                f"{name} at positions {wrong} of {owner} is not what these tokens give: off by up "
                f"to {error.max().item():.3g}",
            )
