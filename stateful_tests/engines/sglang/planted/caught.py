"""How each planted bug is told: by which check, in which releases, and by which minimal trace.

The search is the one that looks for findings beyond those that are known; it knows nothing of bugs.
A trace is of the first of a bug's engines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spec.machine.trace import Trace, load
from stateful_tests.engines.sglang.host.planted.known import PLANTS

TRACES = Path(__file__).parent / "traces"
"""The minimal trace of each bug."""

NORMAL = ("0.5.11[normal]", "0.5.18[normal]", "0.5.23[normal]")
OVERLAP = ("0.5.15[unified,overlap]", "0.5.18[overlap]", "0.5.23[rust,overlap]")
ENGINES = (*NORMAL, *OVERLAP)
"""Both loops, and the plain prefix cache, the unified one, and its Rust core."""


def without(*left_out: str) -> tuple[str, ...]:
    """Return the engines but for some."""
    return tuple(engine for engine in ENGINES if engine not in left_out)


@dataclass(frozen=True)
class Caught:
    """A planted bug, and how it is told."""

    name: str
    check: str  # what tells its minimal trace
    bug: str = ""  # its number in the list of known bugs
    engines: tuple[str, ...] = ENGINES
    hidden: str = ""  # the finding for whose sake nothing is drawn that would show it

    @property
    def words(self) -> str:
        """What goes wrong."""
        return str(PLANTS[self.name].__doc__)

    @property
    def trace(self) -> Trace:
        """What shows it, in as few actions as can be."""
        return load(TRACES / f"{self.name}.jsonl")

    @property
    def row(self) -> str:
        """Its row in the documentation."""
        words = self.words.rstrip(".") + (f" ({self.bug})" if self.bug else "")
        where = "all" if self.engines == ENGINES else ", ".join(self.engines)
        return f"| `{self.name}`: {words} | {where} | `{self.check}` | {len(self.trace.steps)} |"


CAUGHT = (
    Caught(
        "pops_the_history",
        "an_idle_slot_holds_at_most_the_last_turn",
        bug="B5",
    ),
    Caught(
        "forgets_the_last_token",
        "a_prompt_extends_the_last_finished_turn",
    ),
    Caught("lets_a_second_turn_in", "answers_are_equal", bug="B6", hidden="R11"),
    Caught("stays_in_flight", "a_turn_in_flight_belongs_to_its_session"),
    Caught(
        "closes_under_a_turn",
        "states_are_equal",
        bug="B9",
    ),
    Caught("never_completes_a_close", "a_close_completes_when_the_turn_ends"),
    Caught("leaves_a_closed_sessions_slot", "a_row_with_a_holder_is_that_sessions_row"),
    Caught("loses_the_tail", "no_page_is_lost", bug="B11"),
    Caught("keeps_one_token_too_many", "committed_kv_is_that_of_the_tokens", bug="B12"),
    Caught(
        "keeps_a_stale_length",
        "a_slot_keeps_the_last_turns_kv",
    ),
    Caught(
        "saves_an_aborted_first_turn",
        "an_idle_slot_holds_at_most_the_last_turn",
        bug="B8",
    ),
    Caught(
        "saves_an_aborted_later_turn",
        "an_idle_slot_holds_at_most_the_last_turn",
        bug="B7",
    ),
    Caught(
        "lends_another_sessions_slot",
        "no_row_serves_two_sessions",
    ),
    Caught(
        "counts_a_lent_slot_twice",
        "the_engine_keeps_its_own_rules",
        bug="B3",
        engines=without("0.5.23[normal]", "0.5.23[rust,overlap]"),
    ),
    Caught("frees_from_inside_a_page", "no_page_is_free_and_held", bug="B13"),
    Caught("frees_twice", "no_page_is_free_twice"),
    Caught(
        "loses_a_row",
        "no_row_is_lost",
    ),
    Caught("writes_a_row_in_disorder", "committed_kv_is_that_of_the_tokens"),
    Caught("leaves_a_lock", "locks_balance", bug="B19"),
    Caught(
        "unlocks_twice",
        "locks_balance",
    ),
    Caught(
        "evicts_what_is_locked",
        "the_spec_allows_every_move",
        engines=("0.5.11[normal]", "0.5.18[normal]", "0.5.18[overlap]"),
    ),
    Caught("protects_part_of_a_page", "the_protected_prefix_is_page_aligned", bug="B1"),
    Caught(
        "looks_in_another_namespace",
        "a_protected_page_is_the_trees",
    ),
    Caught("keeps_duplicates", "no_page_is_lost"),
    Caught("leaves_freed_duplicates_in_a_row", "a_protected_page_is_the_trees"),
    Caught("mixes_up_results", "output_equals_that_of_the_dense_model"),
    Caught(
        "stops_one_token_late",
        "the_spec_allows_every_move",
    ),
    Caught("ignores_aborts", "the_spec_allows_every_move"),
    Caught(
        "forgets_who_waits",
        "a_turn_in_flight_belongs_to_its_session",
        engines=without("0.5.23[rust,overlap]"),
    ),
    Caught(
        "loses_an_aborted_chunk",
        "no_page_is_lost",
        engines=without("0.5.11[normal]"),  # an aborted prompt is computed to its end there
    ),
    Caught("loses_what_is_in_the_air", "no_page_is_lost", engines=OVERLAP),
    Caught(
        "computes_with_a_stale_token",
        "committed_kv_is_that_of_the_tokens",
        engines=OVERLAP,
    ),
)
"""Every plant but those that are not to be told."""

ALLOWED = ("finds_nothing",)
"""Plants that no check tells: how much an engine shares is its own choice."""
