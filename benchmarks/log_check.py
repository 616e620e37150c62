"""How many events of a log are judged a second, on one core.

    python -m benchmarks.log_check

Sessions take turns that are prefilled and decoded token by token; all is told. Then the same with
what is seen after each event, and with a pool so small that each turn must evict.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from spec.machine.log.judge import Judge
from spec.machine.log.lines import Reader

PROMPT, OUTPUT, PAGE_SIZE = 100, 60, 16


def turns(sessions: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Generate the events of rounds in which every session takes a turn, all at once."""
    for x in range(sessions):
        yield {"do": "open", "session": x, "answer": "ok"}
    for i in range(rounds):
        history = i * (PROMPT + OUTPUT)
        upto, names = history + PROMPT, [f"turn {x} {i}" for x in range(sessions)]
        for x, turn in enumerate(names):
            told = {"session": x, "turn": turn, "new": PROMPT, "max_new": OUTPUT, "answer": "ok"}
            yield {"do": "submit", **told}
            yield {"do": "resume", "turn": turn} if i else {"do": "start", "turn": turn, "hit": 0}
            yield {"do": "reserve", "turn": turn, "upto": upto}
            yield {"do": "extend", "turn": turn, "upto": upto}
            yield {"do": "collect", "turn": turn}
        for k in range(1, OUTPUT):
            for turn in names:
                yield {"do": "reserve", "turn": turn, "upto": upto + k}
                yield {"do": "decode", "turn": turn}
                yield {"do": "collect", "turn": turn}
        for turn in names:
            yield {"do": "finish", "turn": turn, "n": upto + OUTPUT}


def pages() -> Iterator[dict[str, Any]]:
    """Generate short sessions that publish their prompts, and evict those of others."""
    room, cached = 64, list[list[str]]()
    for i in range(2_000):
        text = [f"{i} {k}" for k in range(4)]
        while 4 + 4 * len(cached) > room:
            old = cached.pop(0)
            for end in range(4, 0, -1):
                yield {"do": "evict", "pages": old[:end]}
        yield {"do": "open", "session": i}
        told = {"session": i, "turn": i, "new": 4 * PAGE_SIZE, "max_new": 1, "text": text}
        yield {"do": "submit", **told}
        yield {"do": "start", "turn": i, "hit": 0}
        yield {"do": "reserve", "turn": i, "upto": 4 * PAGE_SIZE}
        yield {"do": "extend", "turn": i, "upto": 4 * PAGE_SIZE}
        yield {"do": "collect", "turn": i}
        yield {"do": "publish", "turn": i}
        yield {"do": "finish", "turn": i, "n": 4 * PAGE_SIZE + 1}
        yield {"do": "close", "session": i}
        cached.append(text)


def measure(title: str, events: Iterator[dict[str, Any]], **head: int) -> None:
    """Judge a log and print how fast that was."""
    first = {"turnstile": 1, "page_size": PAGE_SIZE, "lookahead": 0, **head}
    lines = [json.dumps(line) for line in (first, *events)]
    started = time.perf_counter()
    reader = Reader(lines)
    judge = Judge(reader)
    objection = judge.judge(reader.events())
    seconds = time.perf_counter() - started
    assert objection is None, objection
    print(f"{title}: {judge.num_events:,} events, {judge.num_events / seconds:,.0f} a second")


def main() -> None:
    """Measure three logs."""
    measure("all told", turns(32, 8), pages=4096)
    seen = ({**event, "sees": {"sessions": 32}} if "turn" in event else event
            for event in turns(32, 8))  # fmt: skip
    measure("with observations", seen, pages=4096)
    measure("evictions", pages(), pages=64)


if __name__ == "__main__":
    main()
