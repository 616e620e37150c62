"""The linter: the spec text is clean, and each offence is named with its line and a way out."""

import pytest

from spec.machine.lint import Offence, lint, sources

Case = tuple[str, str, str, str]  # module, what it says, what it shall say, words of the offence

ROW = "    s.row[t] = r\n"  # the last line of `resume`
FREED = "        s.owner[s.table[r, i]] = NIL\n"  # the first line of a span loop of `free`
OPENED = "    s.opened[x], s.namespace[x] = True, namespace\n"
STATED = "    return s.committed[r] <= s.faithful[r]\n"  # all that an invariant says
WIPE = "def wipe(s: State, x: Session) -> None:\n"


def line(text: str, words: str) -> Case:
    """Add a line to a move, before its effects."""
    return "moves", ROW, f"    {text}\n{ROW}", words


def effect(text: str, words: str) -> Case:
    """Make a move do something else."""
    return "moves", ROW, f"    {text}\n", words


def looped(text: str, words: str) -> Case:
    """Add a line to a span loop."""
    return "kv", FREED, f"        {text}\n{FREED}", words


def stated(text: str, words: str) -> Case:
    """Let an invariant say something else."""
    return "invariants", STATED, f"    {text}\n", words


LINES = {
    "is": line("y = r is not NIL", "write `== NIL`"),
    "in": line("y = r in (r, r)", "joined by `or`"),
    "try": line("try:\n        pass\n    except KeyError:\n        pass", "require(...)"),
    "while": line("while unread(s, r):\n        pass", "s.span(lo, hi)"),
    "raise": line("raise KeyError", "ensure(...)"),
    "assert": line("assert r != NIL", "ensure(fact, words)"),
    "global": line("global SEEN", "declare a map"),
    "delete": line("del s.row[t]", "write NIL"),
    "a function inside": line("def f() -> None:\n        pass", "to the top"),
    "a comprehension": line("y = [p for p in s.table]", "write `s.forall`"),
    "a generator": line("y = all(p for p in s.table)", "write s.forall"),
    "an f-string": line('y = f"{r}"', "declare an enumeration"),
    "a string": line('y = "r"', "member of an enumeration"),
    "range": line("for i in range(n):\n        pass", "s.span(lo, hi)"),
    "len": line("y = len(s.row)", "s.num or s.count"),
    "sum": line("y = sum(s.row)", "write s.total"),
    "min": line("y = min(s.tokens[t], s.limit[t])", "write s.least"),
    "any": line("y = any(s.row)", "not s.forall"),
    "sorted": line("y = sorted(s.row)", "a word of spec/language.py"),
    "no condition": line("if s.row[t]:\n        pass", "compare it"),
    "no lambda": line("y = s.forall(Row, r)", "ends with a lambda"),
    "a loop over a map": line("for i in s.table:\n        pass", "s.span(lo, hi)"),
    "if in a loop": looped("if s.sliding:\n            pass", "decide before"),
    "return in a loop": looped("return", "decide before"),
    "break in a loop": looped("break", "decide before"),
    "continue in a loop": looped("continue", "decide before"),
    "a loop in a loop": looped("for j in s.span(lo, i):\n            pass", "loop inside"),
    "a choice in a loop": looped("s.locks[s.cached[r]] = 0 if s.sliding else 1", "decide before"),
    "a helper that asks, in a loop": looped("s.windowed[r] = is_free(s, r)", "inside a span loop"),
    "a local name in a loop": looped("p = s.table[r, i]", "outside it"),
    "a map that is read elsewhere": looped("s.node[s.owner[r]] = NIL", "write a second loop"),
    "a map that is written twice": ("kv", FREED, FREED + FREED, "write a second loop"),
    "an attribute that is written": effect("s.context_len = s.limit[t]", "to cells"),
    "a map under another name": effect("m = s.row", "write `s.row[...]`"),
    "a fixed map that is written": line("s.last[r] = 0", "is Fixed"),
    "a product that is assigned": line("s.launched[r] *= 1", "only `+=` and `-=`"),
    "an undeclared map": line("y = s.rows[t]", "declare it"),
    "an undeclared word": line("y = s.exists(t)", "no word `exists`"),
    "an undeclared member": line("y = Why.LAZY", "nor an enumeration's"),
    "a key of another sort": effect("s.row[r] = r", "looks up Row where Turn belongs"),
    "a value of another sort": effect("s.row[t] = t", "writes Turn where Row belongs"),
    "pages for tokens": effect("s.launched[r] = s.pages(s.tokens[t])", "where Len belongs"),
    "identities in order": line("y = t < s.in_flight[s.session[t]]", "compare by `==`"),
    "a length that is not 0 or 1": effect("s.launched[r] = s.tokens[t] + 2", "only 0 and 1"),
    "a product": effect("s.launched[r] = s.tokens[t] * 1", "added and subtracted"),
    "a number that comes first": effect("s.launched[r] = 1 + s.tokens[t]", "`n + 1`"),
    "a guard after an effect": ("moves", ROW, f"{ROW}    require(r != NIL)\n", "before the first"),
    "a choice after an effect": ("requests", OPENED,
                                 f"{OPENED}    s.choose(Row, lambda r: r == r)\n",
                                 "before the first"),
    "a guard in a formula": line("s.forall(Row, lambda r: require(r != NIL))", "inside a lambda"),
    "an effect in a formula": line("s.forall(Turn, lambda u: wipe(s, u))", "inside a lambda"),
    "an invariant that writes": stated("s.faithful[r] = 0", "only actions write"),
    "an invariant that guards": stated("require(s.faithful[r] == 0)", "in a property"),
    "an invariant of all": stated("return s.forall(Row, lambda q: q == r)", "add a parameter"),
    "a change that writes": ("changes", "    return s.committed[r] == old.committed[r]\n",
                             "    old.committed[r] = 0\n", "only actions write"),
    "a case that writes": ("cases", "    return s.last[c] == 0\n", "    s.locks[c] = 0\n",
                           "only actions write"),
    "a variable": ("kv", WIPE, f"SEEN = {{}}\n\n\n{WIPE}", "declare a map"),
    "another import": ("kv", WIPE, f"import os\n\n\n{WIPE}", "only spec"),
    "no Python": effect("s.row[t] = = r", "this is not Python"),
}  # fmt: skip
"""Offences at a line."""

WHOLE = {
    "no docstring": ('    """Wipe the KV that the slot of `x` holds, keep the tokens."""\n', "",
                     "its sentence is its documentation"),
    "a parameter without a sort": (WIPE, "def wipe(s: State, x) -> None:\n", "lacks an annotation"),
    "no result": (WIPE, "def wipe(s: State, x: Session):\n", "lacks an annotation"),
    "a mutable default": (WIPE, "def wipe(s: State, x: Session = {}) -> None:\n", "no defaults"),
    "a sort that is none": (WIPE, "def wipe(s: State, x: int) -> None:\n", "declare it"),
    "no state": (WIPE, "def wipe(x: Session) -> None:\n", "must be of sort State"),
    "a step's own, of a helper": (WIPE, "def wipe(s: State, *, x: Session) -> None:\n",
                                  "no defaults"),
    "no such rule": (WIPE, f"@rule\n{WIPE}", "declares no rule"),
    "an endless property": (WIPE, "@invariant\ndef wipe(s: State, n: Len) -> None:\n", "no world"),
    "a call of itself": ("    release(s, s.slot[x])\n", "    wipe(s, x)\n", "would not end"),
}  # fmt: skip
"""Offences of a function as a whole: `wipe`, in kv. They are reported where it begins."""


def edited(module: str, before: str, after: str) -> tuple[list[Offence], int]:
    """Lint the text with one edit; return what is found, and the first line that differs."""
    text = sources()[module]
    assert before in text, "bring the edit up to date"
    new = text.replace(before, after, 1)
    pairs = enumerate(zip(text.splitlines(), new.splitlines(), strict=False), 1)
    return lint({module: new}), next(number for number, (a, b) in pairs if a != b)


def test_the_spec_text_is_in_the_language() -> None:
    assert [str(offence) for offence in lint()] == []


@pytest.mark.parametrize("name", LINES)
def test_an_offence_is_named_with_its_line_and_a_way_out(name: str) -> None:
    module, before, after, words = LINES[name]
    found, number = edited(module, before, after)
    told = [str(offence) for offence in found]
    assert [each for each in told if each.startswith(f"spec/{module}.py:{number}: ")
            and words in each], told  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_an_offence_of_a_function_is_named_where_it_begins(name: str) -> None:
    before, after, words = WHOLE[name]
    found, _ = edited("kv", before, after)
    lines = sources()["kv"].replace(before, after, 1).splitlines()
    number = next(i for i, each in enumerate(lines, 1) if each.startswith("def wipe("))
    told = [str(offence) for offence in found]
    assert [each for each in told if each.startswith(f"spec/kv.py:{number}: ")
            and words in each], told  # fmt: skip


@pytest.mark.parametrize(
    ("given", "asked"),
    [("t: Turn, why: Why", "t: Turn, n: Len"), ("n: Len, answer: Len", "n: Len, answer: Why")],
)
def test_a_property_asks_a_step_only_for_what_it_has(given: str, asked: str) -> None:
    text = sources()["changes"]
    assert given in text, "bring the edit up to date"
    found = [offence.words for offence in lint({"changes": text.replace(given, asked)})]
    assert [words for words in found if "behind `*` stand its parameters" in words], found


def test_a_guard_that_a_helper_states_counts() -> None:
    text = sources()["moves"].replace(ROW, f"{ROW}    too_late(s, t)\n")
    helper = (
        "\n\ndef too_late(s: State, t: Turn) -> None:\n"
        '    """Guard when all is done."""\n    require(waiting(s, t))\n'
    )
    (offence,) = lint({"moves": text + helper})
    assert "after an effect" in offence.words
    assert text.splitlines()[offence.line - 1].strip() == "too_late(s, t)"


def test_two_units_of_length_do_not_meet() -> None:
    found, _ = edited("kv", "s.cursor[r] + s.window <= n", "s.cursor[r] + s.window <= s.pages(n)")
    assert "s.pages, s.whole and s.length" in found[0].words
