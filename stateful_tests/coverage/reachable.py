"""The kept set: every abstract transition that small worlds reach, and which worlds reach it.

One line for each in `reachable.json`, sorted, so that a change of the spec text shows what became
reachable or is so no more. `turnstile reachable` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from spec.machine.abstract import Abstract
from spec.machine.facts import facts_before

KEPT = Path(__file__).parent / "reachable.json"

Reached = dict[Abstract, frozenset[str]]
"""The worlds that reach each abstract transition, by name."""


class StaleError(ValueError):
    """The kept set was written for other facts."""


def dumps(found: Mapping[str, Set[Abstract]]) -> str:
    """Write what each world reaches: by action its facts; then answer and facts, and the worlds.

    A 1 stands for a fact that holds and for a world that reaches the transition, a 0 for another.
    """
    actions: dict[str, Any] = {}
    for each in sorted(frozenset().union(*found.values())):
        facts = [fact.name for fact in facts_before(each.action)]
        kept = actions.setdefault(each.action, {"facts": facts, "reached": {}})
        worlds = "".join("1" if each in reached else "0" for reached in found.values())
        kept["reached"][f"{each.answer} {each.holds}"] = worlds
    return json.dumps({"worlds": list(found), "actions": actions}, indent=1) + "\n"


def load(path: Path = KEPT) -> Reached:
    """Read a kept set. Raises StaleError if its facts are not those of today."""
    data = json.loads(path.read_text(encoding="utf-8"))
    reached = {}
    for action, kept in data["actions"].items():
        if kept["facts"] != [fact.name for fact in facts_before(action)]:
            words = f"{path} was written for other facts of {action}; run `turnstile reachable`"
            raise StaleError(words)
        for key, digits in kept["reached"].items():
            answer, holds = key.split(" ")
            worlds = zip(data["worlds"], digits, strict=True)
            names = frozenset(name for name, digit in worlds if digit == "1")
            reached[Abstract(action, answer, holds)] = names
    return reached
