"""The words of the spec for lengths and pages, as the concrete interpreter computes them."""

from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import are_lengths, spec_size, spec_state
from spec.machine.concrete import ConcreteState
from spec.machine.size import Size


@contract(ConcreteState.pages)
def pages_are_enough_and_none_is_empty(n: int, page_size: int) -> None:
    assert are_lengths(n)
    assert page_size >= 1
    pages = spec_state(spec_size(page_size=page_size)).pages(n)
    assert (pages - 1) * page_size < n <= pages * page_size


@contract(ConcreteState.pages, ConcreteState.whole, ConcreteState.length)
def one_more_token_takes_a_new_page_only_behind_whole_ones(n: int, page_size: int) -> None:
    assert are_lengths(n)
    assert page_size >= 1
    s = spec_state(spec_size(page_size=page_size))
    are_whole = s.length(s.whole(n)) == n
    assert s.pages(n + 1) == s.pages(n) + are_whole


@contract(ConcreteState.whole, ConcreteState.length)
def behind_the_whole_pages_is_less_than_a_page(n: int, page_size: int) -> None:
    assert are_lengths(n)
    assert page_size >= 1
    s = spec_state(spec_size(page_size=page_size))
    assert s.length(s.whole(n)) <= n < s.length(s.whole(n) + 1)


@contract(ConcreteState.pages, ConcreteState.whole, ConcreteState.length)
def a_page_that_is_not_whole_is_begun(n: int, page_size: int) -> None:
    assert are_lengths(n)
    assert page_size >= 1
    s = spec_state(spec_size(page_size=page_size))
    assert s.pages(n) == s.whole(n) + (s.length(s.whole(n)) < n)


@contract(ConcreteState.length)
def whole_pages_of_tokens_take_and_fill_that_many_pages(i: int, page_size: int) -> None:
    assert are_lengths(i)
    assert page_size >= 1
    s = spec_state(spec_size(page_size=page_size))
    assert s.pages(s.length(i)) == s.whole(s.length(i)) == i


@contract(ConcreteState.pages)
def freeing_the_tail_frees_no_page_with_a_kept_token(n: int, i: int, page_size: int) -> None:
    assert are_lengths(n, i)
    assert page_size >= 1
    s = spec_state(spec_size(page_size=page_size))
    is_freed = s.pages(n) <= i
    has_kept_token = s.length(i) < n
    assert is_freed != has_kept_token


@contract(ConcreteState.least)
def the_least_of_two_is_one_of_them_and_exceeds_neither(a: int, b: int) -> None:
    assert are_lengths(a, b)
    least = spec_state(spec_size()).least(a, b)
    assert least in (a, b)
    assert least <= a
    assert least <= b


@contract(Size.indices)
def the_longest_row_lists_a_context_and_its_lookahead(
    context_len: int, lookahead: int, page_size: int
) -> None:
    assert are_lengths(lookahead)
    assert context_len >= 1
    assert page_size >= 1
    s = spec_state(spec_size(context_len=context_len, lookahead=lookahead, page_size=page_size))
    assert s.size.indices == s.pages(context_len + lookahead)
