"""A loop is one parallel assignment: what would not be is turned down, by whoever runs it so."""

import pytest

from proofs.logic import NotInTheLanguage
from proofs.machine import Machine
from spec.machine.variant import Edit, variant

LAST = "        s.table[r, i] = NIL\n\n\ndef free_tail"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("s.table[r, i] = s.table[r, lo]", "elsewhere than it writes"),
        ("s.table[r, i] = NIL if i == lo else s.owner[i]", "no `if`"),
        ("s.table[r, i] = NIL; s.table[r, i] = NIL", "twice"),
        ("[s.pages(0) for i in s.span(lo, hi)]", "inside a span loop"),
    ],
    ids=["reads what another iteration writes", "forks", "writes twice", "nests"],
)
def test_a_loop_that_is_not_parallel_is_turned_down(body: str, words: str) -> None:
    rules = variant(Edit("kv", LAST, LAST.replace("s.table[r, i] = NIL", body)))
    with pytest.raises(NotInTheLanguage, match=words):
        Machine(rules).transitions(rules.actions["end_close"])
