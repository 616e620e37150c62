"""Calls: of words of the state, of functions of the text, and of what the language has."""

from __future__ import annotations

import ast

from spec.machine.lint.expressions import Expressions, Sort
from spec.machine.lint.traits import does
from spec.machine.lint.words import BUILTINS, LANGUAGE, NUMBERS, SUMMARIES, WORDS, signature


class Calls(Expressions):
    """Checks what is called, and whether that has a meaning in its place."""

    def visit_Call(self, node: ast.Call) -> Sort:
        """Check a call of a word, a function of the text, a record or what the language has."""
        if node.keywords:
            self.report(node, "arguments are given by position")
        match node.func:
            case ast.Attribute(value=ast.Name(id=owner), attr=word) if (
                self.locals.get(owner) == "State"
            ):
                return self.word(node, word)
            case ast.Name(id=name) if name in self.text.functions:
                function = self.text.functions[name]
                self.allowed(node, name, self.text.does(name))
                self.arguments(node, list(function.params.values()))
                return function.result
            case ast.Name(id=name) if name in self.text.records:
                self.arguments(node, list(self.text.records[name]))
                return name
            case ast.Name(id=name) if name in LANGUAGE:
                return self.language(node, name)
        name = ast.unparse(node.func)
        instead = BUILTINS.get(name, "a word of spec/language.py or a function of the spec text")
        self.report(node, f"`{name}` is not in the language: write {instead}")
        return None

    def arguments(self, node: ast.Call, wanted: list[str]) -> None:
        """Check the arguments against the sorts of parameters."""
        if len(node.args) != len(wanted):
            self.report(node, f"{ast.unparse(node.func)} takes {len(wanted)} arguments")
        for argument, sort in zip(node.args, wanted, strict=False):
            self.fits(argument, self.sort(argument), sort, "passes")

    def language(self, node: ast.Call, name: str) -> Sort:
        """Check `require`, `need`, `ensure` or `implies`."""
        self.allowed(node, name, self.text.does(name))
        for argument in node.args[: 1 if name == "ensure" else 2]:
            self.condition(argument)
        words = [*node.args, node][1]
        if name == "ensure" and not (isinstance(words, ast.Constant) and words.value):
            self.report(node, "`ensure` is given its sentence as one plain string")
        return "bool" if name == "implies" else "None"

    def allowed(self, node: ast.AST, name: str, does: frozenset[str]) -> None:
        """Report a call that does to the run what has no meaning in this place."""
        formula = {"writes", "guards", "ensures"}
        places = {
            "inside a lambda": (self.in_lambda, formula | {"quantifies", "loops"}),
            "in a property": (self.is_property, formula),
            "in what is known of every state": (
                self.function.kind in ("invariant", "given"), {"quantifies"}),
            "inside a span loop": (self.loop is not None, {"guards", "loops", "forks"}),
        }  # fmt: skip
        for place, (here, kept_out) in places.items():
            for trait in sorted(does & kept_out) if here else ():
                words = f"`{name}` {SUMMARIES[trait]}, which has no meaning {place}: "
                self.report(node, words + "move it to an action's own lines, or add a parameter")

    def word(self, node: ast.Call, word: str) -> Sort:
        """Check a word of the state."""
        self.allowed(node, f"s.{word}", frozenset(does(node)))
        if word not in WORDS:
            self.report(node, f"the state has no word `{word}`: see spec/language.py")
        elif word == "span":
            self.report(node, "`s.span` stands only in `for i in s.span(lo, hi)`")
        elif set(sorts := signature(word)) <= set(NUMBERS):
            self.arguments(node, sorts[:-1])
            return sorts[-1]
        elif word != "same_as":
            return self.over(node, word)
        return "bool" if word == "same_as" else None

    def over(self, node: ast.Call, word: str) -> Sort:
        """Check a word that ranges over identities or indices, and its lambda."""
        given = node.args if word == "num" else node.args[:-1]
        body = node.args[-1] if node.args else node
        numbers = given[:2] if word in ("first", "choose_each") else []
        sorts = [ast.unparse(each) for each in given[len(numbers) :]]
        for bound in numbers:
            self.fits(bound, self.sort(bound), "Index", "searches to")
        for sort in sorts:
            if not self.text.ranges_over(sort):
                self.report(node, f"no world lists every {sort}: range over identities or Index")
        if isinstance(body, ast.Lambda):
            self.body(body, sorts or ["Index"], number=word == "total")
        elif word != "num":
            self.report(node, f"`s.{word}` ends with a lambda of what it ranges over")
        results = {"forall": "bool", "count": "Count", "first": "Index", "choose": sorts[-1:],
                   "choose_each": [f"each {s}" for s in sorts]}  # fmt: skip
        result = results.get(word, "Index")
        return result if isinstance(result, str) else next(iter(result), None)

    def body(self, node: ast.Lambda, sorts: list[str], number: bool) -> None:
        """Check a lambda, a formula or a number, under the sorts of its parameters."""
        names = [a.arg for a in node.args.args]
        if len(names) != len(sorts):
            self.report(node, f"this lambda has one parameter for each of {', '.join(sorts)}")
        outer, inside = self.locals, self.in_lambda
        self.locals = {**outer, **dict(zip(names, sorts, strict=False))}
        self.in_lambda = True
        if number:
            self.fits(node.body, self.sort(node.body), "Index", "adds up")
        else:
            self.condition(node.body)
        self.locals, self.in_lambda = outer, inside
