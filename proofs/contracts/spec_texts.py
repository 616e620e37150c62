"""How texts are numbered: on which pages two of them say the same, and what a prefix is called.

Powers of 2 of a symbolic number, and quotients of products, are beyond the solver: pages and sizes
are taken one by one up to a bound, texts and namespaces stay symbolic.
"""

from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import are_lengths, one_by_one
from spec.machine.texts import Texts, least

FEW = "texts below 8, of 3 pages"
SMALL = "worlds of 3 texts of 3 pages"


@contract(least, within=FEW)
def two_texts_coincide_on_page_i_while_they_are_equal_modulo_2_to_the_i_plus_1(
    v: int, w: int, i: int
) -> None:
    assert 0 <= v < 8
    assert 0 <= w < 8
    assert 0 <= i < 3
    i = one_by_one(i, 3)
    coincide = least(v, i) == least(w, i)
    assert coincide == (v % 2 ** (i + 1) == w % 2 ** (i + 1))


@contract(least, within=FEW)
def two_texts_that_have_parted_never_meet_again(v: int, w: int, i: int) -> None:
    assert 0 <= v < 8
    assert 0 <= w < 8
    assert 0 <= i < 3
    i = one_by_one(i, 3)
    assert least(v, i) == least(w, i) or least(v, i + 1) != least(w, i + 1)


@contract(least, within=FEW)
def the_least_text_that_says_the_same_is_its_own_least(w: int, i: int) -> None:
    assert 0 <= w < 8
    assert 0 <= i < 3
    i = one_by_one(i, 3)
    assert least(least(w, i), i) == least(w, i) <= w


@contract(least, within=FEW)
def a_text_goes_on_in_one_of_two_ways(w: int, i: int) -> None:
    assert 0 <= w < 8
    assert 1 <= i < 3
    i = one_by_one(i, 3)
    before = least(w, i - 1)
    assert least(w, i) in (before, before + 2**i)


@contract(Texts.prefix, Texts.parts, within=SMALL)
def the_number_of_a_prefix_tells_its_namespace_text_and_last_page(
    namespace: int, w: int, i: int, num_texts: int, indices: int
) -> None:
    assert are_lengths(namespace)
    assert 0 <= w < num_texts <= 3
    assert 0 <= i < indices <= 3
    i, texts = one_by_one(i, 3), Texts(1, one_by_one(num_texts, 4), one_by_one(indices, 4))
    prefix = texts.prefix(namespace, w, i)
    assert texts.parts(prefix) == (namespace, least(w, i), i)
    assert texts.maps["namespace_of"][prefix] == namespace
    assert texts.maps["last"][prefix] == i


@contract(Texts.ancestor, Texts.prefix, within=SMALL)
def the_ancestor_of_a_prefix_is_the_prefix_of_the_same_text_up_to_there(
    namespace: int, w: int, i: int, j: int, num_texts: int, indices: int
) -> None:
    assert are_lengths(namespace)
    assert 0 <= w < num_texts <= 3
    assert 0 <= j <= i < indices <= 3
    i, j = one_by_one(i, 3), one_by_one(j, 3)
    texts = Texts(1, one_by_one(num_texts, 4), one_by_one(indices, 4))
    assert texts.ancestor(texts.prefix(namespace, w, i), j) == texts.prefix(namespace, w, j)


@contract(Texts.prefixes, within=SMALL)
def every_prefix_is_listed_once(w: int, i: int, num_texts: int, indices: int) -> None:
    assert 0 <= w < num_texts <= 3
    assert 0 <= i < indices <= 3
    i, texts = one_by_one(i, 3), Texts(2, one_by_one(num_texts, 4), one_by_one(indices, 4))
    assert texts.prefixes.count(texts.prefix(1, w, i)) == 1
