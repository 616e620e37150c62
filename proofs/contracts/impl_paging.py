"""The engine's arithmetic of positions, pages and locations."""

from impl.paging import (
    ceil_align,
    floor_align,
    location,
    num_full_pages,
    num_locations,
    num_new_pages,
    num_pages,
    offset_of,
    page_of,
)
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import are_lengths


@contract(num_pages)
def the_last_page_of_a_length_is_neither_empty_nor_overfull(length: int, page_size: int) -> None:
    assert length >= 1
    assert page_size >= 1
    before_last = (num_pages(length, page_size) - 1) * page_size
    assert 1 <= length - before_last <= page_size


@contract(ceil_align)
def ceil_align_rounds_up_to_the_next_whole_page(length: int, page_size: int) -> None:
    assert are_lengths(length)
    assert page_size >= 1
    aligned = ceil_align(length, page_size)
    assert aligned % page_size == 0
    assert length <= aligned < length + page_size


@contract(num_full_pages, floor_align)
def full_pages_hold_what_floor_align_keeps(length: int, page_size: int) -> None:
    assert are_lengths(length)
    assert page_size >= 1
    assert num_full_pages(length, page_size) * page_size == floor_align(length, page_size)


@contract(floor_align)
def floor_align_goes_back_to_where_the_page_begins_even_below_0(
    page: int, offset: int, page_size: int
) -> None:
    assert 0 <= offset < page_size
    assert floor_align(page * page_size + offset, page_size) == page * page_size


@contract(location, page_of, offset_of)
def a_location_tells_its_page_and_its_offset(page: int, offset: int, page_size: int) -> None:
    assert are_lengths(page)
    assert 0 <= offset < page_size
    at = location(page, offset, page_size)
    assert page_of(at, page_size) == page
    assert offset_of(at, page_size) == offset


@contract(location, num_locations)
def every_page_has_locations_in_the_pool_and_none_on_the_padding_page(
    page: int, offset: int, pages: int, page_size: int
) -> None:
    assert 1 <= page <= pages
    assert 0 <= offset < page_size
    at = location(page, offset, page_size)
    assert page_size <= at < num_locations(pages, page_size)


@contract(num_locations)
def the_pool_ends_with_its_last_page(pages: int, page_size: int) -> None:
    assert pages >= 1
    assert page_size >= 1
    assert num_locations(pages, page_size) == location(pages, page_size - 1, page_size) + 1


@contract(num_new_pages, num_pages, ceil_align)
def new_tokens_fill_the_page_that_is_begun_and_then_just_as_many_new_ones_as_they_need(
    held_len: int, length: int, page_size: int
) -> None:
    assert 0 <= held_len < length
    assert page_size >= 1
    begun = min(ceil_align(held_len, page_size), length) - held_len
    num_new = num_new_pages(held_len, length, page_size)
    rest = length - held_len - begun
    assert begun >= 0
    assert num_pages(rest, page_size) == num_new
