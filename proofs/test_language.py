"""The spec text keeps to its language: what Python cannot hand to an interpreter is not in it."""

import ast
from pathlib import Path

import pytest

import spec
from proofs.logic import NotInTheLanguage
from proofs.machine import Machine
from spec.machine.rules import MODULES
from spec.machine.variant import Edit, variant

FORBIDDEN = (ast.Is, ast.IsNot, ast.Try, ast.While, ast.comprehension, ast.Break, ast.Continue)


def nodes(module: str) -> list[ast.AST]:
    """Return the syntax tree of one module of the spec text, flat."""
    path = Path(next(iter(spec.__path__))) / f"{module}.py"
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("module", MODULES)
def test_the_text_has_nothing_that_an_interpreter_cannot_see(module: str) -> None:
    assert not [ast.unparse(n) for n in nodes(module) if isinstance(n, FORBIDDEN)]
    calls = {
        n.func.id for n in nodes(module) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert not calls & {"range", "bool", "int", "len", "hash", "isinstance", "max"}


@pytest.mark.parametrize("module", MODULES)
def test_a_loop_is_over_a_span_and_has_no_way_out(module: str) -> None:
    for loop in (n for n in nodes(module) if isinstance(n, ast.For)):
        assert ast.unparse(loop.iter).startswith("s.span(")
        assert not [n for n in ast.walk(loop) if isinstance(n, ast.If | ast.Return | ast.BoolOp)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("s.table[r, i] = s.table[r, i]", "reads and writes"),
        ("s.table[r, i] = NIL if i == lo else s.owner[i]", "no `if`"),
        ("s.table[r, i] = NIL; s.table[r, i] = NIL", "twice"),
        ("[s.pages(0) for i in s.span(lo, hi)]", "inside a span loop"),
    ],
    ids=["reads what it writes", "forks", "writes twice", "nests"],
)
def test_a_loop_that_is_not_parallel_is_turned_down(body: str, words: str) -> None:
    rules = variant(Edit("kv", "s.table[r, i] = NIL", body))
    with pytest.raises(NotInTheLanguage, match=words):
        Machine(rules).transitions(rules.actions["end_close"])
