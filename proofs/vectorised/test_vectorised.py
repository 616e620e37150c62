"""The vectorised explorer finds exactly what the plain one finds."""

from __future__ import annotations

import itertools
import random
from functools import cache

import pytest
import torch

from proofs.vectorised.explore import VectorisedExplorer
from proofs.vectorised.machine import Machine
from proofs.vectorised.program import compiled
from spec.language import Forbidden, NoRoom
from spec.machine.canonical import Canonical
from spec.machine.concrete import ConcreteState
from spec.machine.explore import Exploration, Explorer
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.trace import Step
from spec.machine.variant import Edit, variant
from spec.machine.worlds import World

SMALL = {
    world.name: world
    for world in (
        World("refusals", Size(2, 3, 2, 2, 2, 1), ((1, 0, 0),), chunk=1),
        World(
            "tree",
            Size(2, 2, 2, 2, 1, 1, texts=2),
            ((1, 0, 1),),
            features=frozenset({"tree", "reclaim"}),
            refusals=False,
        ),
        World(
            "branches",
            Size(1, 2, 1, 3, 1, 2, texts=3),
            ((2, 0, 0), (2, 0, 2)),
            features=frozenset({"tree"}),
            refusals=False,
        ),
        World(
            "overlap",
            Size(1, 3, 1, 2, 2, 3, lookahead=1),
            ((1, 2, 0),),
        ),
        World(
            "speculation",
            Size(1, 2, 1, 3, 2, 4, lookahead=2),
            ((1, 2, 0),),
            features=frozenset({"speculation", "reclaim"}),
            refusals=False,
        ),
        World(
            "windows",
            Size(1, 2, 1, 4, 1, 3, lookahead=1, window=1, window_pages=2),
            ((1, 2, 0), (2, 1, 0)),
            features=frozenset({"speculation", "tree"}),
            refusals=False,
        ),
        World(
            "recurrent",
            Size(2, 2, 2, 2, 2, 1, recurrents=2),
            ((1, 0, 0),),
            features=frozenset({"reclaim"}),
            refusals=False,
        ),
        World(
            "hybrid",
            Size(1, 2, 1, 3, 1, 3, recurrents=2),
            ((1, 1, 0), (2, 0, 0)),
            features=frozenset({"tree", "reclaim"}),
            refusals=False,
        ),
        World(
            "plain requests",
            Size(2, 2, 1, 1, 1, 1, namespaces=2),
            ((1, 0, 0),),
            features=frozenset({"plain requests", "tree", "time-outs"}),
        ),
        World("long pages", Size(1, 2, 1, 2, 3, 5), ((2, 2, 0), (4, 0, 0))),
    )
}
"""Each feature in a world of few states."""

THREE = World("three", Size(3, 3, 1, 1, 1, 1), ((1, 0, 0),), refusals=False)


@cache
def machine(name: str) -> Machine:
    """The compiled rules of a small world."""
    with torch.inference_mode():
        return Machine(rules(), SMALL[name], torch.device("cpu"))


@cache
def sample(name: str, most: int = 40) -> list[ConcreteState]:
    """States that random actions lead to, under names as the machine gives them."""
    world, chance = SMALL[name], random.Random(name)
    found, state = [world.initial(rules())], world.initial(rules())
    for _ in itertools.repeat(None, most):
        steps = [
            (action, args) for action in rules().actions for args in world.arguments(state, action)
        ]
        new = after(state, chance.choice(steps))
        for _ in range(5):
            if new is None or new.same_as(state):
                new = after(state, chance.choice(steps))
        if new is not None:
            state = new
            found.append(state)
    return [canonical_state(name, state) for state in found]


def canonical_state(name: str, state: ConcreteState) -> ConcreteState:
    """The state with canonical names."""
    layout = machine(name).layout
    with torch.inference_mode():
        rows = machine(name).effects.canonical(layout.tensor([state], machine(name).dtype))[0]
    return layout.decode(rows[0].tolist())


Outcome = ConcreteState | str | None
"""Where a step leads: to a state, or there is no room, or nothing changes."""


def outcomes(name: str, states: list[ConcreteState]) -> list[dict[Step, Outcome]]:
    """What every action leads to from each state, according to the tensor programs."""
    compiled_rules = machine(name)
    rows = compiled_rules.layout.tensor(states, compiled_rules.dtype)
    columns = compiled_rules.effects.columns(rows)
    found: list[dict[Step, Outcome]] = [{} for _ in states]
    for number, instance in enumerate(compiled_rules.instances):
        nodes = [instance.taken, instance.no_room, instance.acts]
        taken, no_room, acts = compiled(nodes, compiled_rules.constants)(columns)
        step = instance.action, instance.args
        for place in torch.nonzero(taken | no_room).flatten():
            found[place][step] = "no room" if no_room[place] else None
            if acts[place]:
                new = compiled_rules.effects.follow(rows, place[None], [(number, 1)])
                assert not new.broken.any()
                found[place][step] = compiled_rules.layout.decode(new.rows[0].tolist())
    return found


def offered(world: World, state: ConcreteState) -> list[Step]:
    """Every action that the plain explorer tries."""
    return [(name, args) for name in rules().actions for args in world.arguments(state, name)]


def after(state: ConcreteState, step: Step) -> ConcreteState | None:
    """The state after an action, or None if it does not happen."""
    new = state.fork()
    try:
        rules().actions[step[0]].run(new, *step[1])
    except (Forbidden, NoRoom):
        return None
    return new


def agree(one: Exploration, other: Exploration) -> None:
    """Two explorations found the same."""
    assert (one.states, one.transitions, one.depth) == (
        other.states,
        other.transitions,
        other.depth,
    )
    assert one.taken == other.taken
    assert one.no_room == other.no_room
    assert one.complete == other.complete
    lengths = [{name: len(trace) for name, trace in e.cases.items()} for e in (one, other)]
    assert lengths[0] == lengths[1]


@cache
def plainly(name: str) -> Exploration:
    """What the plain explorer finds in a small world."""
    return Explorer(rules(), SMALL[name]).run()


@pytest.mark.parametrize("name", SMALL)
def test_both_explorers_find_the_same(name: str) -> None:
    plain = plainly(name)
    vectorised = VectorisedExplorer(rules(), SMALL[name])
    vectorised.machine = machine(name)
    found = vectorised.run()
    assert plain.violation is None
    assert found.violation is None
    agree(plain, found)


def test_sessions_that_look_alike_are_tried_in_every_order() -> None:
    agree(Explorer(rules(), THREE).run(), VectorisedExplorer(rules(), THREE).run())


def test_small_chunks_find_what_large_ones_find() -> None:
    small = VectorisedExplorer(rules(), SMALL["overlap"], chunk=7)
    small.machine = machine("overlap")
    agree(plainly("overlap"), small.run())


@pytest.mark.parametrize("name", SMALL)
def test_the_same_arguments_are_offered_and_lead_to_the_same(name: str) -> None:
    world, canonical = SMALL[name], Canonical(rules(), SMALL[name].size)
    states = sample(name)
    for state, mine in zip(states, outcomes(name, states), strict=True):
        wanted: dict[Step, int | str | None] = {}
        for action, args in offered(world, state):
            new = state.fork()
            try:
                rules().actions[action].run(new, *args)
            except Forbidden:
                continue
            except NoRoom:
                wanted[action, args] = "no room"
            else:
                wanted[action, args] = None if new.same_as(state) else canonical.key(new)
        keys = {
            step: canonical.key(end) if isinstance(end, ConcreteState) else end
            for step, end in mine.items()
        }
        here = canonical.key(state)
        assert {s: None if k == here else k for s, k in keys.items()} == {
            s: None if k == here else k for s, k in wanted.items()
        }


@pytest.mark.parametrize("name", SMALL)
def test_a_state_survives_its_row(name: str) -> None:
    layout = machine(name).layout
    for state in sample(name):
        assert layout.decode(layout.encode(state)).same_as(state)


@pytest.mark.parametrize("name", SMALL)
def test_a_renamed_state_is_the_state_up_to_names(name: str) -> None:
    canonical = Canonical(rules(), SMALL[name].size)
    for state in sample(name)[::6]:
        for step in [
            (a, args) for a in rules().actions for args in SMALL[name].arguments(state, a)
        ]:
            new = after(state, step)
            if new is None:
                continue
            assert canonical.key(canonical_state(name, new)) == canonical.key(new)


BUGS = {
    "a row is released and its pages are not": Edit(
        "kv", "    free(s, r, s.whole(s.protected[r]), s.pages(s.allocated[r]))\n", ""
    ),
    "a finished turn stays known": Edit(
        "moves",
        "        forget(s, s.req_nodes[x])\n    s.tokens[t]",
        "        pass\n    s.tokens[t]",
    ),
    "a turn starts without a look at its row": Edit(
        "moves",
        "r = s.choose(Row, lambda r: s.holder[r] == NIL)",
        "r = s.choose(Row, lambda r: True)",
    ),
}
"""Edits that break an invariant, a property of two states or an `ensure`."""


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_shows_as_the_same_violation_after_as_many_steps(bug: str) -> None:
    world, edited = (
        World("turns", Size(2, 2, 2, 2, 1, 2), ((1, 0, 0),), refusals=False),
        variant(BUGS[bug]),
    )
    plain = Explorer(edited, world).run().violation
    found = VectorisedExplorer(edited, world).run().violation
    assert plain is not None
    assert found is not None
    assert (found[0], len(found[1])) == (plain[0], len(plain[1]))
    state = world.initial(edited)
    for action, args in found[1][:-1]:
        edited.actions[action].run(state, *args)


def test_numbers_that_do_not_fit_a_byte_take_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.vectorised.machine.LARGEST", 8)
    wide = VectorisedExplorer(rules(), SMALL["overlap"])
    assert wide.machine.dtype == torch.int16
    agree(plainly("overlap"), wide.run())


def test_an_exploration_ends_early_where_it_is_told_to() -> None:
    explorer = VectorisedExplorer(rules(), SMALL["refusals"], chunk=16)
    explorer.machine = machine("refusals")
    found = explorer.run(max_states=100)
    assert 100 <= found.states < 1000
    assert not found.complete
