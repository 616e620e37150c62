"""The engine by itself: its tokens and KV against a dense run of the same weights; its refusals.

Free pages and tails are filled with NaN after each action: who reads one yields a wrong token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest
import torch

from impl.attention import paged_attention
from impl.batch import Batch, Chunk
from impl.config import ConfigError, EngineConfig, ModelConfig
from impl.engine import Engine
from impl.moves import Ended, Move, Why
from impl.refused import Reason, Refused
from impl.turn import Turn
from stateful_tests.dense import dense_attention, dense_kv, dense_output

CONTEXT_LEN = 24
MODEL = ModelConfig()


def small(page_size: int, **sizes: Any) -> EngineConfig:
    """Return a configuration whose pool holds one turn and a little more."""
    defaults = {"num_pages": 1 + CONTEXT_LEN // page_size, "num_rows": 3}
    limits = {"queue_limit": 1, "token_budget": 7}
    return EngineConfig(page_size, context_len=CONTEXT_LEN, **(defaults | limits | sizes))


REFERENCE = Engine(small(1)).model


@cache
def expected_output(prompt: tuple[int, ...], max_new_tokens: int) -> tuple[int, ...]:
    """Return what the dense run appends to `prompt`."""
    return tuple(dense_output(REFERENCE, list(prompt), max_new_tokens))


@cache
def expected_kv(tokens: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the dense run's K and V of `tokens`."""
    return dense_kv(REFERENCE, list(tokens))


class Client:
    """Asks at random, remembers what each session's tokens must be, and looks at everything."""

    def __init__(self, engine: Engine, seed: int) -> None:
        """Drive `engine`."""
        self.engine = engine
        self.random = Random(seed)
        self.histories: dict[int, list[int]] = {}
        self.prompts: dict[int, tuple[int, ...]] = {}
        self.seen: Counter[str] = Counter()
        self.num_turns = 0

    def ask(self) -> None:
        """Make one request that will not be refused."""
        kind = self.random.choice(["open", "submit", "submit", "submit", "abort", "close"])
        session = self.random.randrange(4)
        known = self.engine.sessions.get(session)
        if kind == "open" and known is None:
            self.engine.open(session)
            self.histories[session] = []
        elif kind == "submit" and known and not known.closing and not known.in_flight:
            self.submit(session)
        elif kind == "abort" and known and known.in_flight and self.random.random() < 0.5:
            self.engine.abort(known.in_flight.id)
        elif kind == "close" and known and self.random.random() < 0.2:
            self.engine.close(session)

    def submit(self, session: int) -> None:
        """Submit a turn of random size; some do not fit the context."""
        new = [
            self.random.randrange(MODEL.vocab_size) for _ in range(self.random.choice([1, 2, 9]))
        ]
        self.num_turns += 1
        self.prompts[self.num_turns] = (*self.histories[session], *new)
        self.engine.submit(session, self.num_turns, new, self.random.choice([0, 1, 2, 3, 8]))

    def look(self) -> None:
        """Check structure, KV and answers, then spoil all that nobody may read."""
        self.engine.check()
        self.look_at_kv()
        for ended in self.engine.ended:
            self.look_at_answer(ended)
        self.seen.update(move.name for move in self.engine.moves)
        self.engine.ended.clear()
        self.engine.moves.clear()
        spoil(self.engine)

    def look_at_kv(self) -> None:
        """Every committed position holds the KV of exactly the tokens up to it."""
        for session in self.engine.sessions.values():
            turn = session.in_flight if session.in_flight and session.in_flight.record else None
            record, tokens = (turn.record, turn.tokens) if turn else (session.slot, session.history)
            if record:
                locations = self.engine.rows.locations(record.row, 0, record.committed)
                k, v = expected_kv(tuple(tokens[: record.committed])) if len(locations) else (0, 0)
                torch.testing.assert_close(
                    self.engine.kv_pool.k[:, locations] - k, zeros(locations)
                )
                torch.testing.assert_close(
                    self.engine.kv_pool.v[:, locations] - v, zeros(locations)
                )

    def look_at_answer(self, ended: Ended) -> None:
        """A finished turn has the dense run's tokens; an aborted one leaves the history alone."""
        prompt = self.prompts[ended.turn]
        self.seen[ended.reason or ended.outcome] += 1
        if ended.outcome == "finished":
            assert ended.output == expected_output(prompt, len(ended.output))
            self.histories[ended.session] = [*prompt, *ended.output]
        else:
            assert ended.output == ()

    def leave(self) -> None:
        """Close everything; a few steps later nobody holds anything."""
        for session in list(self.engine.sessions):
            self.engine.close(session)
        for _ in range(200):
            if self.engine.idle and not self.engine.sessions:
                break
            self.engine.step()
            self.look()
        assert self.engine.allocator.available_size == (
            self.engine.config.num_pages * self.engine.config.page_size
        )
        assert not self.engine.rows.used_rows
        assert not self.engine.turns
        assert not self.engine.sessions


def zeros(locations: torch.Tensor) -> torch.Tensor:
    """Return zeros in the shape of all layers' K at `locations`."""
    shape = (MODEL.num_layers, len(locations), MODEL.num_kv_heads, MODEL.head_dim)
    return torch.zeros(shape, dtype=torch.float64)


def spoil(engine: Engine) -> None:
    """Write NaN to all locations but the padding page and the committed ones."""
    committed = [engine.rows.locations(r.row, 0, r.committed) for r in engine.records]
    nobodys = torch.ones(engine.kv_pool.k.shape[1], dtype=torch.bool)
    nobodys[: engine.config.page_size] = False
    for locations in committed:
        nobodys[locations] = False
    engine.kv_pool.k[:, nobodys] = torch.nan
    engine.kv_pool.v[:, nobodys] = torch.nan


def possible_move(engine: Engine, random: Random) -> Move | None:
    """Return a random move that the state allows, or None if the draw does not fit it."""
    live = [
        turn for turn in engine.turns.values() if turn.session and turn.session.in_flight is turn
    ]
    due = [s for s in engine.sessions.values() if s.closing and not s.in_flight]
    if due:
        return Move("end_close", (due[0].id,))
    if not live:
        return None
    turn = random.choice(live)
    return running_move(turn, random) if turn.record else waiting_move(turn, random)


def waiting_move(turn: Turn, random: Random) -> Move:
    """Return a move of a turn that has no row."""
    if turn.aborting:
        return Move("abort_waiting", (turn.id,))
    if turn.limit > CONTEXT_LEN:
        return Move("pre_abort", (turn.id, Why.TOO_LONG.value))
    if random.random() < 0.05:
        return Move("pre_abort", (turn.id, random.choice([Why.QUEUE_FULL, Why.NO_ROOM]).value))
    assert turn.session
    return Move("resume" if turn.session.slot else "start", (turn.id,))


def running_move(turn: Turn, random: Random) -> Move | None:
    """Return a move of a turn that has a row, or None if the draw does not fit it."""
    assert turn.record
    assert turn.session
    if turn.aborting:
        return Move("abort_nth" if turn.session.slot else "abort_first", (turn.id,))
    name = random.choice(["reserve", "reserve", "extend", "extend", "decode", "finish", "retract"])
    committed, allocated, length = turn.record.committed, turn.record.allocated, len(turn.tokens)
    if name == "reserve" and allocated < length:
        return Move(name, (turn.id, random.randint(allocated + 1, length)))
    if name == "extend" and committed < allocated:
        return Move(name, (turn.id, random.randint(committed + 1, allocated)))
    if name == "decode" and turn.is_decoding and allocated >= length:
        return Move(name, (turn.id,))
    if name == "finish" and turn.is_complete:
        return Move(name, (turn.id,))
    if name == "retract" and random.random() < 0.3:
        return Move(name, (turn.id,))
    return None


@pytest.mark.parametrize("page_size", [1, 2, 4, 16])
def test_a_sessions_tokens_equal_those_of_the_dense_model(page_size: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(20):
        client = Client(Engine(small(page_size, num_rows=2 + seed % 3)), seed)
        for _ in range(60):
            client.ask()
            client.look()
            if client.random.random() < 0.7:
                client.engine.step()
                client.look()
        client.leave()
        seen += client.seen
    for case in ("retract", "resume", "abort_first", "abort_nth", "end_close", *Why):
        assert seen[case], f"{case} never happened: {seen}"


@pytest.mark.parametrize("page_size", [1, 2, 4, 16])
def test_any_order_of_possible_moves_yields_the_dense_models_tokens(page_size: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        client = Client(Engine(small(page_size)), seed)
        for _ in range(200):
            if client.random.random() < 0.25:
                client.ask()
            if move := possible_move(client.engine, client.random):
                client.seen["no room"] += not client.engine.apply(move)
            client.look()
        client.leave()
        seen += client.seen
    for case in ("retract", "resume", "abort_waiting", "finish", "no room"):
        assert seen[case], f"{case} never happened: {seen}"


def test_a_batch_mixes_decodes_and_prefill_chunks_within_the_token_budget() -> None:
    engine = Engine(EngineConfig(token_budget=6))
    engine.open(1)
    engine.open(2)
    engine.submit(1, 1, [1, 2, 3], 8)
    engine.step()
    engine.submit(2, 2, [4, 5, 6, 7, 8, 9, 10], 2)
    engine.moves.clear()
    engine.step()
    assert [str(move) for move in engine.moves] == [
        *("start(2)", "reserve(1, 4)", "reserve(2, 5)", "decode(1)", "extend(2, 5)"),
    ]


def test_when_decode_runs_out_of_room_the_youngest_turn_goes_back_and_keeps_its_output() -> None:
    engine = Engine(small(4, num_pages=6, queue_limit=2, token_budget=32))
    for session in (1, 2):
        engine.open(session)
        engine.submit(session, session, [session] * 8, 9)
    while not any(move.name == "retract" for move in engine.moves):
        engine.step()
    assert engine.moves[-3:-1] == [Move("retract", (2,)), Move("reserve", (1, 13))]
    turn = engine.turns[2]
    assert turn.record is None
    assert turn.output
    assert engine.sessions[2].in_flight is turn
    engine.close(1)  # the first session's slot would keep too much of the pool for the second turn
    while not engine.idle:
        engine.step()
        engine.check()
    assert [(ended.turn, ended.output) for ended in engine.ended] == [
        (turn, expected_output((turn,) * 8, 9)) for turn in (1, 2)
    ]


def test_a_turn_that_cannot_get_room_though_nothing_else_runs_is_turned_away() -> None:
    engine = Engine(small(4, num_pages=6))
    for session, length in ((1, 16), (2, 12)):
        engine.open(session)
        engine.submit(session, session, [session] * length, 0)
        while not engine.idle:
            engine.step()
    assert engine.ended[-1] == Ended(2, 2, "aborted", "no_room", ())
    assert engine.moves[-2:] == [Move("retract", (2,)), Move("pre_abort", (2, "no_room"))]
    engine.check()


def test_without_a_free_row_a_turn_waits_or_is_turned_away_when_nothing_runs() -> None:
    engine = Engine(small(4, num_rows=1, queue_limit=2))
    engine.open(1)
    engine.open(2)
    engine.submit(1, 1, [1], 2)
    engine.submit(2, 2, [2], 2)
    assert engine.apply(Move("start", (1,)))
    assert not engine.apply(Move("start", (2,)))
    while not engine.idle:
        engine.step()
    assert [(ended.turn, ended.reason) for ended in engine.ended] == [(1, ""), (2, "no_room")]


def test_a_finished_turn_is_forgotten_when_the_next_one_finishes() -> None:
    # B20 of PR 22790: a chain of req_nodes would keep every past turn, and all their ids taken.
    engine = Engine(EngineConfig())
    engine.open(1)
    past = []
    for turn in range(10):
        engine.submit(1, turn % 2, [turn], 2)
        past.append(engine.turns[turn % 2])
        while not engine.idle:
            engine.step()
        assert list(engine.turns) == [turn % 2]
    assert [turn.session is None for turn in past] == [True] * 9 + [False]


def test_a_deferred_close_completes_in_the_step_in_which_its_turn_ends() -> None:
    # B9 of PR 21875: closing at once would free the row and the pages under the running turn.
    engine = Engine(EngineConfig())
    engine.open(1)
    engine.submit(1, 1, [1, 2], 2)
    engine.step()
    engine.close(1)
    engine.close(1)
    engine.check()
    engine.step()
    assert engine.ended == [Ended(1, 1, "finished", "", expected_output((1, 2), 2))]
    assert engine.moves[-1] == Move("end_close", (1,))
    assert not engine.sessions


def test_a_turn_with_kv_for_its_last_token_too_finishes_and_the_next_goes_on_from_it() -> None:
    engine = Engine(EngineConfig())
    engine.open(1)
    engine.submit(1, 1, [5], 1)
    for move in ("start(1)", "reserve(1, 1)", "extend(1, 1)", "reserve(1, 2)", "extend(1, 2)"):
        name, _, args = move[:-1].partition("(")
        assert engine.apply(Move(name, tuple(map(int, args.split(",")))))
    engine.step()
    output = expected_output((5,), 1)
    assert engine.ended == [Ended(1, 1, "finished", "", output)]
    engine.submit(1, 2, [6], 3)
    while not engine.idle:
        engine.step()
        engine.check()
    assert engine.ended[1].output == expected_output((5, *output, 6), 3)


def state(engine: Engine) -> list[str]:
    """Return all that a client or the scheduler could notice, as text."""
    structures = (engine.sessions, engine.turns, engine.mechanism.waiting, engine.mechanism.running)
    free = (engine.allocator.free_pages, engine.rows.free_rows, engine.rows.table)
    return [*map(repr, structures), *map(str, free), repr(engine.moves), repr(engine.ended)]


REFUSALS: dict[str, tuple[Callable[[Engine], None], Reason]] = {
    "open twice": (lambda e: e.open(1), Reason.ALREADY_OPEN),
    "open one that is closing": (lambda e: e.open(3), Reason.ALREADY_OPEN),
    "a live turn's id": (lambda e: e.submit(9, 20, [], 1), Reason.DUPLICATE_TURN),
    "the last finished turn's id": (lambda e: e.submit(2, 10, [1], 1), Reason.DUPLICATE_TURN),
    "no such session": (lambda e: e.submit(9, 1, [], 1, replace=True), Reason.UNKNOWN_SESSION),
    "a closing session": (lambda e: e.submit(3, 1, [], 1, replace=True), Reason.CLOSING),
    "replace": (
        lambda e: e.submit(2, 1, [], 1, replace=True, drop_previous_output=True, offset=1),
        Reason.REPLACE,
    ),
    "drop": (
        lambda e: e.submit(2, 1, [], 1, drop_previous_output=True, offset=1),
        Reason.DROP_PREVIOUS_OUTPUT,
    ),
    "offset": (lambda e: e.submit(2, 1, [], 1, offset=1), Reason.OFFSET),
    "no new tokens": (lambda e: e.submit(2, 1, [], 1), Reason.EMPTY_INPUT),
    "another turn in flight": (lambda e: e.submit(2, 1, [1], 1), Reason.IN_FLIGHT),
    "abort of nobody": (lambda e: e.abort(1), Reason.UNKNOWN_TURN),
    "abort of a finished turn": (lambda e: e.abort(10), Reason.UNKNOWN_TURN),
    "close of nothing": (lambda e: e.close(9), Reason.UNKNOWN_SESSION),
}


def busy_engine() -> Engine:
    """Session 1 idle after turn 10, 2 with turn 20 running, 3 closing with turn 30 waiting."""
    engine = Engine(small(4, queue_limit=9))
    engine.open(1)
    engine.submit(1, 10, [1, 2], 1)
    engine.step()
    engine.open(2)
    engine.submit(2, 20, [3], 5)
    engine.step()
    engine.open(3)
    engine.submit(3, 30, [4], 5)
    engine.close(3)
    return engine


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_request_says_why_and_changes_nothing(case: str) -> None:
    request, reason = REFUSALS[case]
    engine = busy_engine()
    before = state(engine)
    with pytest.raises(Refused, match=f"^{reason}$") as refused:
        request(engine)
    assert refused.value.reason is reason
    assert state(engine) == before


def test_every_reason_to_refuse_has_a_case() -> None:
    assert {reason for _, reason in REFUSALS.values()} == set(Reason)


def test_tokens_outside_the_vocabulary_and_negative_lengths_are_errors_and_change_nothing() -> None:
    engine = busy_engine()
    before = state(engine)
    with pytest.raises(ValueError, match=r"\[64, -1\] are not in the vocabulary \[0, 64\)"):
        engine.submit(1, 11, [64, 0, -1], 1)
    with pytest.raises(ValueError, match="max_new_tokens is -1; give 0 or more"):
        engine.submit(1, 11, [1], -1)
    assert state(engine) == before


@pytest.mark.parametrize(
    "move",
    [
        Move("start", (20,)),
        Move("start", (99,)),
        Move("resume", (30,)),
        Move("reserve", (20, 9)),
        Move("extend", (20, 9)),
        Move("decode", (30,)),
        Move("finish", (10,)),
        Move("retract", (30,)),
        Move("pre_abort", (30, "too_long")),
        Move("abort_waiting", (30,)),
        Move("abort_first", (20,)),
        Move("abort_nth", (20,)),
        Move("end_close", (3,)),
        Move("check", ()),
    ],
    ids=str,
)
def test_an_impossible_move_is_an_assertion_error_and_changes_nothing(move: Move) -> None:
    engine = busy_engine()
    before = state(engine)
    with pytest.raises(AssertionError, match=r".+: |is not a move"):
        engine.apply(move)
    assert state(engine) == before


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"page_size": 0}, "page_size is 0; give at least 1."),
        ({"queue_limit": -1}, "queue_limit is -1; give at least 1."),
        ({"dtype": "int8"}, "dtype 'int8' is unknown; choose one of float64, float32, bfloat16."),
        ({"device": "tpu"}, "device 'tpu' is unknown; use 'cpu', 'cuda' or 'cuda:<n>'."),
        ({"device": "cuda:99"}, "device 'cuda:99' is not here: torch finds"),
        ({"num_pages": 15}, "hold 240 tokens, less than one turn of 256; raise num_pages or"),
    ],
)
def test_a_configuration_that_cannot_work_is_told_what_to_do(
    sizes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as error:
        EngineConfig(**sizes)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"num_layers": 0}, "model.num_layers is 0; give at least 1."),
        ({"num_kv_heads": 3}, "4 heads cannot share 3 KV heads evenly"),
        ({"head_dim": 7}, "model.head_dim is 7; give an even number"),
    ],
)
def test_a_model_that_cannot_work_is_told_what_to_do(sizes: dict[str, int], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        ModelConfig(**sizes)
    assert words in str(error.value)


def test_paged_attention_over_a_ragged_batch_equals_dense_attention() -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (
        torch.randn(3, 12, heads, 8, generator=generator, dtype=torch.float64)
        for heads in (6, 2, 2)
    )
    locations = 1 + torch.randperm(40, generator=generator)[:36].reshape(3, 12)
    pool_k = torch.full((41, 2, 8), torch.nan, dtype=torch.float64)
    pool_k[0] = 0
    pool_v = pool_k.clone()
    pool_k[locations], pool_v[locations] = k, v
    spans = [(0, 12), (3, 9), (10, 11)]
    turn = Turn(0, None, [0] * 12, 1)
    chunks = [Chunk(turn, row, start, end) for row, (start, end) in enumerate(spans)]
    flat = torch.cat([q[row, start:end] for row, (start, end) in enumerate(spans)])
    got = paged_attention(flat, pool_k, pool_v, Batch.of(chunks, locations))
    dense = [
        dense_attention(q[row, :end], k[row, :end], v[row, :end])[start:]
        for row, (start, end) in enumerate(spans)
    ]
    torch.testing.assert_close(got, torch.cat(dense).flatten(1))


def test_another_early_token_usually_changes_the_output() -> None:
    # Without this, wrong KV could pass unseen: the tokens would not depend on it.
    random = Random(0)
    changed = 0
    for _ in range(40):
        prompt = [random.randrange(MODEL.vocab_size) for _ in range(16)]
        other = prompt.copy()
        place = random.randrange(8)
        other[place] = (other[place] + 1) % MODEL.vocab_size
        changed += expected_output(tuple(prompt), 4) != expected_output(tuple(other), 4)
    assert changed >= 34


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_narrower_dtypes_run(dtype: str) -> None:
    engine = Engine(EngineConfig(dtype=dtype))
    engine.open(1)
    engine.submit(1, 1, [1, 2, 3], 3)
    while not engine.idle:
        engine.step()
        engine.check()
    assert len(engine.ended[0].output) == 3
