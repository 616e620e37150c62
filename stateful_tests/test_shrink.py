"""The project's own shrinker: what it returns fails in the same way, and cannot be cut further."""

from __future__ import annotations

from spec.machine.trace import STEP, Step
from spec.state import Edit
from stateful_tests.difference import Difference
from stateful_tests.shrink import shrink


def submit(session: int, turn: int, new: int) -> Step:
    return "submit", (session, turn, new, 0, Edit.APPEND, 0)


def fails_if(condition: object, steps: list[Step]) -> Difference | None:
    return Difference("named", "", steps=list(steps)) if condition else None


def test_actions_that_do_not_matter_are_dropped() -> None:
    noise: list[Step] = [("open", (i, 0)) for i in range(5)]
    needed: list[Step] = [("close", (0,)), ("abort", (0,))]
    steps = [*noise, needed[0], *noise, needed[1], *noise]
    found = shrink(
        Difference("named", "", steps=steps),
        lambda steps: fails_if([s for s in steps if s in needed] == needed, steps),
    )
    assert found.steps == needed


def test_numbers_are_lowered_as_far_as_the_failure_allows() -> None:
    found = shrink(
        Difference("named", "", steps=[submit(0, 0, 9)]),
        lambda steps: fails_if(len(steps) == 1 and steps[0][1][2] >= 4, steps),
    )
    assert found.steps == [submit(0, 0, 4)]


def test_two_actions_that_only_go_together_are_dropped_together() -> None:
    steps: list[Step] = [("open", (0, 0)), ("close", (0,)), ("open", (1, 0)), ("close", (1,))]

    def balanced(steps: list[Step]) -> Difference | None:
        opens = sum(name == "open" for name, _ in steps)
        return fails_if(steps and 2 * opens == len(steps) and ("open", (1, 0)) in steps, steps)

    assert len(shrink(Difference("named", "", steps=steps), balanced).steps) == 2


def test_two_lengths_that_only_go_together_are_lowered_together() -> None:
    def ends_where_asked(steps: list[Step]) -> Difference | None:
        asked, end = (args[-1] for _, args in steps) if len(steps) == 2 else (0, 1)
        return fails_if(asked == end >= 5, steps)

    found = shrink(
        Difference("named", "", steps=[("reserve", (0, 150)), ("finish", (0, 150))]),
        ends_where_asked,
    )
    assert found.steps == [("reserve", (0, 5)), ("finish", (0, 5))]


def test_what_is_forbidden_once_less_is_asked_for_is_dropped_wherever_it_is() -> None:
    """Else B11 stays at 14 actions: output that it does not need, but that goes all at once."""
    decode: Step = ("decode", (0,))
    slide: Step = ("slide", (0, 0))

    def ends_where_asked(steps: list[Step]) -> Difference | None:
        asked = sum(args[2] for name, args in steps if name == "submit")
        forbidden = [i for i, step in enumerate(steps) if step == decode][asked:]
        taken = [step for i, step in enumerate(steps) if i not in forbidden]
        end: Step = ("finish", (0, taken.count(decode)))
        return fails_if(decode in taken and slide in taken and end in taken, taken)

    steps = [submit(0, 0, 3), decode, slide, decode, decode, ("finish", (0, 3))]
    found = shrink(Difference("named", "", steps=steps), ends_where_asked)
    assert found.steps == [submit(0, 0, 1), decode, slide, ("finish", (0, 1))]


def test_several_moves_become_one_step_of_the_engine() -> None:
    steps: list[Step] = [("start", (0, 0)), ("extend", (0, 2)), ("finish", (0, 2))]

    def done(steps: list[Step]) -> Difference | None:
        return fails_if(len(steps) == 3 or (STEP, ()) in steps, steps)

    assert shrink(Difference("named", "", steps=steps), done).steps == [(STEP, ())]


def test_another_failure_is_not_taken_for_the_same_one() -> None:
    steps: list[Step] = [("open", (0, 0)), ("close", (0,))]

    def either(steps: list[Step]) -> Difference | None:
        return Difference("named" if len(steps) == 2 else "other", "", steps=list(steps))

    assert shrink(Difference("named", "", steps=steps), either).steps == steps


def test_sessions_are_named_in_the_order_of_their_use() -> None:
    found = shrink(
        Difference("named", "", steps=[("open", (2, 0)), submit(2, 1, 1)]),
        lambda steps: fails_if(len(steps) == 2 and steps[0][1][0] == steps[1][1][0], steps),
    )
    assert found.steps == [("open", (0, 0)), submit(0, 0, 0)]
