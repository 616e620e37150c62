"""What texts say: all that is known of the fixed maps. Each world has its own; proofs hold for any.

Two texts agree up to some page and never again, as any two strings do; a namespace sets them apart
from the first page on.
"""

from __future__ import annotations

from spec.language import Index, given, implies
from spec.state import Namespace, Prefix, State, Text


@given
def a_prefix_knows_its_length_and_namespace(s: State, a: Namespace, w: Text, i: Index) -> bool:
    """Pages 0 .. i of a text end at page i, in the namespace they were said in."""
    return s.last[s.prefix[a, w, i]] == i and s.namespace_of[s.prefix[a, w, i]] == a


@given
def what_says_the_same_began_the_same(s: State, a: Namespace, w: Text, j: Index, i: Index) -> bool:
    """The first pages of a text's prefix are the text's own."""
    return implies(i <= j, s.ancestor[s.prefix[a, w, j], i] == s.prefix[a, w, i])


@given
def a_prefix_begins_with_itself(s: State, c: Prefix) -> bool:
    """All pages of a prefix are the prefix."""
    return s.ancestor[c, s.last[c]] == c


@given
def an_ancestor_knows_its_length(s: State, c: Prefix, i: Index) -> bool:
    """Pages 0 .. i of a prefix end at page i."""
    return implies(i <= s.last[c], s.last[s.ancestor[c, i]] == i)


@given
def an_ancestors_ancestor_is_an_ancestor(s: State, c: Prefix, j: Index, i: Index) -> bool:
    """The first pages of the first pages are the first pages."""
    return implies(i <= j <= s.last[c], s.ancestor[s.ancestor[c, j], i] == s.ancestor[c, i])
