"""Random moves that the engine's state allows, without a policy."""

from __future__ import annotations

from random import Random

from impl.engine import Engine
from impl.moves import Move, Why
from impl.sessions.turn import Turn


def possible_move(engine: Engine, random: Random) -> Move | None:
    """Return a random move that the state allows, or None if the draw does not fit it."""
    if random.random() < 0.1:
        return _pressure(engine, random)
    queues = engine.queues
    due = list(engine.scheduler.closes())
    if due:
        return due[0]
    live = [*queues.waiting, *queues.running]
    if not live:
        return None
    turn = random.choice(live)
    return _running(engine, turn, random) if turn.record else _waiting(engine, turn, random)


def _pressure(engine: Engine, random: Random) -> Move | None:
    if random.random() < 0.5:
        leaf = engine.tree.oldest_leaf()
        return Move("evict", (leaf.namespace, leaf.tokens)) if leaf else None
    idle = [x.id for x in engine.sessions.values() if x.slot and not x.is_lent]
    return Move("reclaim", (random.choice(idle),)) if idle else None


def _waiting(engine: Engine, turn: Turn, random: Random) -> Move | None:
    assert turn.session
    if turn.aborting:
        return Move("abort_waiting", (turn.id,))
    if engine.queues.is_too_long(turn):
        return Move("pre_abort", (turn.id, Why.TOO_LONG.value))
    if len(engine.queues.waiting) > engine.config.queue_limit and random.random() < 0.2:
        return Move("pre_abort", (turn.id, Why.QUEUE_FULL.value))
    if random.random() < 0.5:
        return None
    if turn.session.slot:
        return Move("resume", (turn.id,))
    most = engine.cache.num_cached(turn.session, turn)
    hit = random.choice([0, most]) if engine.config.recurrents else random.randint(0, most)
    return Move("start", (turn.id, hit))


def _running(engine: Engine, turn: Turn, random: Random) -> Move | None:
    """Return a move of a turn that has a row, or None if the draw does not fit it."""
    record = turn.record
    assert record
    assert turn.session
    if record.is_unread and random.random() < 0.5:
        return Move("collect", (turn.id,))
    if record.is_unread:
        is_overlapping = turn.can_overlap and record.launched < record.allocated
        return Move("decode", (turn.id,)) if is_overlapping and not turn.aborting else None
    if turn.aborting:
        return Move("abort_nth" if turn.session.slot else "abort_first", (turn.id,))
    names = ["reserve", "reserve", "extend", "extend", "decode", "verify", "finish", "retract"]
    return _at_rest(engine, turn, random.choice([*names, "publish", "slide"]), random)


def _at_rest(engine: Engine, turn: Turn, name: str, random: Random) -> Move | None:
    record, length = turn.record, len(turn.tokens)
    assert record
    most = min(length, turn.limit) + engine.config.lookahead
    spare = record.allocated - length
    if name == "reserve" and record.allocated < most:
        return Move(name, (turn.id, random.randint(record.allocated + 1, most)))
    if name == "extend" and record.launched < min(record.allocated, length):
        end = random.randint(record.launched + 1, min(record.allocated, length))
        return Move(name, (turn.id, end))
    if name == "decode" and turn.is_decoding and spare >= 0:
        return Move(name, (turn.id,))
    if name == "verify" and turn.is_decoding and spare > 0 and record.recurrent is None:
        return Move(name, (turn.id, spare))
    if name == "finish" and turn.is_complete:
        return Move(name, (turn.id, turn.limit))
    if name == "retract" and random.random() < 0.3:
        return Move(name, (turn.id,))
    if name == "publish" and engine.scheduler.is_publishable(turn):
        return Move(name, (turn.id,))
    return next(engine.scheduler.slides(turn), None) if name == "slide" else None
