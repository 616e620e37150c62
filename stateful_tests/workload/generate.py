"""Writes a small trace in the Mooncake format, with the shape of the real one.

`python -m stateful_tests.workload.generate` writes sample.jsonl, so that a fresh clone has a trace
to replay. As in the real trace, every request begins with one shared block, first inputs are
heavy-tailed around some thousand tokens, most sessions have one turn and a few have many, and what
later turns add is mostly short and sometimes a whole document.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from math import log
from pathlib import Path
from random import Random

from stateful_tests.workload.formats import MOONCAKE_BLOCK_SIZE

SAMPLE = Path(__file__).parent / "sample.jsonl"
NUM_SESSIONS = 60
SEED = 3

START_GAP_MS = 300  # the mean; so too below
TURN_GAP_MS = 20_000
GOES_ON = 0.5  # the chance of another turn
MOST_TURNS = 12


@dataclass
class Drawn:
    """One request whose blocks are not numbered yet: the real trace numbers them as they come."""

    timestamp: int
    input_length: int
    output_length: int
    earlier: Drawn | None
    hash_ids: list[int] = field(default_factory=list)

    def line(self) -> str:
        """Write the request as the trace does."""
        names = ("timestamp", "input_length", "output_length", "hash_ids")
        return json.dumps({name: getattr(self, name) for name in names}) + "\n"


def generate(num_sessions: int = NUM_SESSIONS, seed: int = SEED) -> str:
    """Return a trace of so many sessions, the same for the same seed."""
    random, start, requests = Random(seed), 0.0, list[Drawn]()
    for _ in range(num_sessions):
        start += random.expovariate(1 / START_GAP_MS)
        requests += _session(random, start)
    requests.sort(key=lambda request: request.timestamp)
    ids = count(1)
    for request in requests:
        request.hash_ids = _known_blocks(request)
        while len(request.hash_ids) * MOONCAKE_BLOCK_SIZE < request.input_length:
            request.hash_ids.append(next(ids))
    return "".join(request.line() for request in requests)


def _session(random: Random, start: float) -> list[Drawn]:
    """Draw the requests of one session; each input holds all that was said before.

    The first fills a second block at least: of shorter ones nobody can tell who continues them.
    """
    requests: list[Drawn] = []
    new, earlier = max(MOONCAKE_BLOCK_SIZE, _length(random, 5_000, 1.1, 60_000)), None
    while len(requests) < MOST_TURNS:
        held = earlier.input_length + earlier.output_length if earlier else MOONCAKE_BLOCK_SIZE
        earlier = Drawn(int(start), held + new, _length(random, 350, 1.2, 2_000), earlier)
        requests.append(earlier)
        if random.random() > GOES_ON:
            break
        new = _length(random, 100, 2.2, 20_000)
        start += random.expovariate(1 / TURN_GAP_MS)
    return requests


def _length(random: Random, median: int, spread: float, most: int) -> int:
    return min(most, max(1, int(random.lognormvariate(log(median), spread))))


def _known_blocks(request: Drawn) -> list[int]:
    """Return the ids of the blocks that the input shares with earlier ones."""
    if request.earlier is None:
        return [0]
    return request.earlier.hash_ids[: request.earlier.input_length // MOONCAKE_BLOCK_SIZE]


if __name__ == "__main__":
    SAMPLE.write_text(generate(), encoding="utf-8")
