"""Small worlds in which features meet: explored for the abstract transitions that no other has."""

from __future__ import annotations

from spec.machine.size import Size
from spec.machine.worlds import WORLDS, World, world

MIXED_WORLDS = {
    each_world.name: each_world
    for each_world in (
        World(
            "queue",
            Size(2, 4, 1, 3, 1, 4, queue_limit=1),
            ((1, 0, 0), (1, 1, 0), (5, 0, 0)),
            chunk=2,
            features=frozenset({"plain requests", "time-outs"}),
        ),
        world(
            "too-large",
            Size(2, 3, 1, 2, 1, 3, queue_limit=1),
            ((1, 0, 0), (1, 1, 0), (3, 0, 0)),
            "plain requests",
            "reclaim",
            "time-outs",
        ),
        world("row-and-tree", Size(2, 3, 1, 4, 1, 5), ((1, 1, 0), (2, 0, 0)), "tree", "reclaim"),
        world(
            "rows-and-tree",
            Size(2, 3, 2, 4, 1, 5),
            ((1, 2, 0), (2, 0, 0)),
            "tree",
            "reclaim",
            chunk=8,
        ),
        world(
            "chunks-and-tree",
            Size(1, 3, 1, 4, 2, 8),
            ((5, 1, 0), (1, 1, 0), (2, 0, 0)),
            "tree",
            "reclaim",
            "time-outs",
            chunk=None,
        ),
        world(
            "chunks-and-recurrent",
            Size(1, 3, 1, 4, 2, 8, lookahead=1, recurrents=1),
            ((3, 0, 0), (4, 2, 0)),
            "reclaim",
            "time-outs",
            chunk=None,
        ),
        world(
            "chunks-and-hybrid",
            Size(1, 3, 1, 4, 2, 8, lookahead=1, recurrents=2),
            ((5, 1, 0), (1, 1, 0), (2, 0, 0)),
            "tree",
            "reclaim",
            "time-outs",
            chunk=None,
        ),
        world(
            "windows-and-speculation",
            Size(1, 3, 1, 4, 2, 8, lookahead=2, window=1, window_pages=4),
            ((1, 3, 0), (2, 2, 0), (3, 0, 0)),
            "tree",
            "reclaim",
            "time-outs",
            "speculation",
        ),
        world(
            "windows-and-rows",
            Size(2, 3, 2, 6, 1, 5, lookahead=1, window=1, window_pages=6),
            ((1, 0, 0), (1, 3, 0)),
            "tree",
            "reclaim",
            chunk=8,
        ),
        world(
            "recurrent-and-rows",
            Size(2, 3, 2, 5, 2, 5, lookahead=1, recurrents=2),
            ((1, 0, 0), (1, 3, 0)),
            "reclaim",
            "time-outs",
            chunk=8,
        ),
    )
}
"""Explored together in about a minute; sizes as in `spec.machine.worlds`."""

COVERAGE_WORLDS = WORLDS | MIXED_WORLDS
"""What these reach is what a run is to cover."""
