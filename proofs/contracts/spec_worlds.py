"""What a driver offers: the lengths that a guard allows, and no others.

The guards are those of `spec.moves`; with `chunk`, a driver offers some of what they allow.
"""

from typing import Any

from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import are_lengths, having, part
from spec.machine.worlds import World


def running(**lengths: int) -> Any:
    """Return what is seen of turn 0, which runs on row 0, with these lengths of the two."""
    return having(row={0: 0}, **{name: {0: length} for name, length in lengths.items()})


def world(chunk: int | None = None, **sizes: int) -> World:
    """Return a world of these sizes."""
    return part(World, size=having(**sizes), chunk=chunk)


@contract(World._reserves, within="3 tokens, chunks of 1 or 2")
def a_driver_in_chunks_offers_to_reserve_only_what_is_allowed(
    allocated: int, tokens: int, limit: int, chunk: int
) -> None:
    assert 0 <= allocated <= 3
    assert 1 <= tokens <= 3
    assert 0 <= limit <= 3
    assert 1 <= chunk <= 2
    s = running(allocated=allocated, tokens=tokens, limit=limit)
    offered = world(chunk, lookahead=1)._reserves(s, 0)
    last = min(tokens, limit) + 1
    assert all(allocated < n <= last for n in offered)
    assert allocated >= last or (last in offered and min(allocated + chunk, last) in offered)


@contract(World._reserves)
def a_driver_offers_to_reserve_up_to_what_is_known_and_the_lookahead(
    n: int, allocated: int, tokens: int, limit: int, lookahead: int
) -> None:
    assert are_lengths(n, allocated, limit, lookahead)
    assert tokens >= 1
    s = running(allocated=allocated, tokens=tokens, limit=limit)
    allowed = allocated < n <= min(tokens, limit) + lookahead
    assert (n in world(lookahead=lookahead)._reserves(s, 0)) == allowed


@contract(World._extends)
def a_driver_offers_to_extend_up_to_what_is_known_and_has_locations(
    n: int, launched: int, allocated: int, tokens: int
) -> None:
    assert are_lengths(n)
    assert 0 <= launched <= allocated
    assert tokens >= 1
    s = running(launched=launched, allocated=allocated, tokens=tokens)
    allowed = launched < n <= min(allocated, tokens)
    assert (n in world()._extends(s, 0)) == allowed


@contract(World._extends)
def a_driver_in_chunks_offers_to_extend_to_the_last_length_that_is_allowed(
    n: int, launched: int, allocated: int, tokens: int
) -> None:
    assert are_lengths(n)
    assert 0 <= launched <= allocated
    assert tokens >= 1
    s = running(launched=launched, allocated=allocated, tokens=tokens)
    last = min(allocated, tokens)
    assert (n in world(chunk=1)._extends(s, 0)) == (launched < n == last)


@contract(World._slides)
def a_driver_offers_to_slide_by_whole_pages_out_of_the_window(
    page: int, offset: int, num_slid: int, committed: int, window: int, page_size: int
) -> None:
    assert are_lengths(page, num_slid, committed)
    assert 0 <= offset < page_size
    assert window >= 1
    n, cursor = page * page_size + offset, num_slid * page_size
    s = running(cursor=cursor, committed=committed)
    sizes = {"window": window, "page_size": page_size}
    allowed = offset == 0 and cursor < n and n + window <= committed
    assert (n in world(**sizes)._slides(s, 0)) == allowed


@contract(World._finishes)
def a_driver_offers_to_finish_after_the_prompt_and_forget_no_more_than_the_lookahead(
    n: int, prompt: int, tokens: int, limit: int, lookahead: int
) -> None:
    assert are_lengths(n, lookahead)
    assert 1 <= prompt <= tokens
    assert prompt <= limit
    s = running(prompt=prompt, tokens=tokens, limit=limit)
    allowed = prompt <= n <= limit and n <= tokens <= n + lookahead
    assert (n in world(lookahead=lookahead)._finishes(s, 0)) == allowed
