"""All plants by name. Nothing here needs a release: what a plant patches it is handed."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from stateful_tests.engines.sglang.host.planted import batches, pools, sessions, slots, trees

Plant = Callable[[Any], None]
"""Puts a bug into one scheduler."""

PLANTS: MappingProxyType[str, Plant] = MappingProxyType(
    {
        plant.__name__: plant
        for plant in (
            sessions.pops_the_history,
            sessions.forgets_the_last_token,
            sessions.lets_a_second_turn_in,
            sessions.stays_in_flight,
            sessions.closes_under_a_turn,
            sessions.never_completes_a_close,
            sessions.leaves_a_closed_sessions_slot,
            slots.loses_the_tail,
            slots.keeps_one_token_too_many,
            slots.keeps_a_stale_length,
            slots.saves_an_aborted_first_turn,
            slots.saves_an_aborted_later_turn,
            slots.lends_another_sessions_slot,
            slots.counts_a_lent_slot_twice,
            pools.frees_from_inside_a_page,
            pools.frees_twice,
            pools.loses_a_row,
            pools.writes_a_row_in_disorder,
            trees.leaves_a_lock,
            trees.unlocks_twice,
            trees.evicts_what_is_locked,
            trees.protects_part_of_a_page,
            trees.looks_in_another_namespace,
            trees.keeps_duplicates,
            trees.leaves_freed_duplicates_in_a_row,
            trees.finds_nothing,
            batches.mixes_up_results,
            batches.stops_one_token_late,
            batches.ignores_aborts,
            batches.forgets_who_waits,
            batches.loses_an_aborted_chunk,
            batches.loses_what_is_in_the_air,
            batches.computes_with_a_stale_token,
        )
    }
)


def plant(name: str, scheduler: Any) -> None:
    """Put the bug of that name into a scheduler; no name, no bug. Raises KeyError."""
    if name:
        PLANTS[name](scheduler)
