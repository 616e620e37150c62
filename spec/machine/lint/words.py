"""What the language has and what it has not, each with what to write instead."""

from __future__ import annotations

import ast
import inspect

from spec.language import Words

ACTIONS, PROPERTIES = ("request", "move"), ("invariant", "given", "after", "sometimes")
NUMBERS = ("Index", "Len", "Count")
WORDS = {name: word for name, word in vars(Words).items() if not name.startswith("_")}
LANGUAGE = {"require": "guards", "need": "guards", "ensure": "ensures", "implies": ""}
"""What may be called besides the text's own functions, and what it does to a run."""

BUILTINS = {
    "range": "for i in s.span(lo, hi)",
    "len": "s.num or s.count",
    "sum": "s.total",
    "any": "not s.forall(..., lambda ...: not ...)",
    "all": "s.forall",
    "min": "s.least",
    "max": "`a if b <= a else b`",
    "bool": "the condition itself",
}
"""Builtins that a state would lend itself to, and the words for them."""

NOT_A_STATEMENT: dict[type[ast.AST], str] = {
    ast.While: "`while` waits for a state: write `for i in s.span(lo, hi)`",
    ast.Try: "nothing is caught in a rule: state its guard with `require(...)`",
    ast.Raise: "a rule raises nothing itself: write `require(...)`, `need(...)` or `ensure(...)`",
    ast.Assert: "`assert` can be switched off: write `ensure(fact, words)`",
    ast.Global: "there is no state but `s`: declare a map in spec/state.py",
    ast.Nonlocal: "there is no state but `s`: declare a map in spec/state.py",
    ast.Break: "a span loop makes all its iterations at once: narrow its bounds instead",
    ast.Continue: "a span loop makes all its iterations at once: narrow its bounds instead",
    ast.FunctionDef: "a function inside a function: move it to the top of the module",
    ast.Delete: "a map is total: write NIL, 0 or False to the cell",
}
NOT_AN_EXPRESSION: dict[type[ast.AST], str] = {
    ast.ListComp: "a comprehension over state: write `s.forall`, `s.count` or `s.total`",
    ast.SetComp: "a comprehension over state: write `s.forall`, `s.count` or `s.total`",
    ast.DictComp: "a comprehension over state: write `s.forall`, `s.count` or `s.total`",
    ast.GeneratorExp: "a comprehension over state: write `s.forall`, `s.count` or `s.total`",
    ast.JoinedStr: "text is no value of the state: declare an enumeration in spec/state.py",
    ast.NamedExpr: "`:=` inside a formula: assign the name in a line of its own",
    ast.Starred: "`*` hides how many there are: write each one",
}
SUMMARIES = {
    "writes": "writes to the state",
    "guards": "requires, needs or chooses something",
    "ensures": "ensures something",
    "quantifies": "says `forall` or `same_as`",
    "loops": "has a span loop",
    "forks": "asks whether something is true",
}
"""What a function may do to a run, itself or by those it calls."""


BETWEEN = "s.pages, s.whole and s.length lead from tokens to pages and back"

LINES = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Return, ast.For, ast.Pass)
EXPRESSIONS = (ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Compare, ast.BoolOp,
               ast.UnaryOp, ast.BinOp, ast.IfExp, ast.Call)  # fmt: skip


def signature(word: str) -> list[str]:
    """Return the sorts of a word's parameters and, last, of what it returns."""
    return list(inspect.get_annotations(WORDS[word]).values())
