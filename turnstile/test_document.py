"""The invariant documentation says what the rules say."""

from __future__ import annotations

from pathlib import Path

from spec.machine.rules import rules
from turnstile.document import markdown

DOCUMENT = Path(__file__).parent.parent / "docs" / "invariants.md"


def test_the_committed_documentation_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == markdown(rules()), "run `turnstile document`"


def test_every_property_is_documented_in_words() -> None:
    text = markdown(rules())
    properties = [*rules().invariants.values(), *rules().changes.values(), *rules().cases.values()]
    assert len(properties) > 40
    for rule in properties:
        assert rule.words, f"{rule.name} has no words"
        assert rule.words in text
