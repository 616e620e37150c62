"""What the session cache keeps, frees and shares of a record, and how far windows look back."""

from impl.cache.parts.recurrent import RecurrentPart
from impl.cache.parts.window import WindowPart
from impl.cache.record import KVRecord
from impl.paging import ceil_align, floor_align, num_pages, offset_of, page_of, window_start
from impl.scheduling.scheduler import Scheduler
from impl.sessions.session_cache import SessionCache
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import are_lengths, engine_turn, having, part


def cache(page_size: int = 1) -> SessionCache:
    """Return what the arithmetic of a session cache needs of it."""
    return part(SessionCache, page_size=page_size)


@contract(SessionCache.tail_start, ceil_align)
def freeing_the_tail_frees_no_page_with_a_committed_token(
    length: int, kept: int, freed: int, page_size: int
) -> None:
    assert page_size >= 1
    assert 0 <= kept < length
    if freed >= cache(page_size).tail_start(length):
        assert page_of(kept, page_size) != page_of(freed, page_size)


@contract(SessionCache.tail_start, ceil_align)
def freeing_the_tail_frees_every_page_without_a_committed_token(
    length: int, position: int, page_size: int
) -> None:
    assert page_size >= 1
    assert 0 <= length <= position
    is_shared = length > 0 and page_of(length - 1, page_size) == page_of(position, page_size)
    assert is_shared or cache(page_size).tail_start(length) <= position


@contract(SessionCache.private_size)
def protected_and_private_tokens_are_all_that_a_record_lists_in_whole_pages(
    protected_pages: int, allocated: int, page_size: int
) -> None:
    assert page_size >= 1
    assert 0 <= protected_pages * page_size <= allocated
    protected = protected_pages * page_size
    record = KVRecord(0, protected=protected, allocated=allocated)
    private = cache(page_size).private_size(record)
    assert private >= 0
    assert private + protected == num_pages(allocated, page_size) * page_size


@contract(SessionCache.num_new_pages)
def a_turn_without_a_record_needs_all_its_pages(length: int, page_size: int) -> None:
    assert page_size >= 1
    assert are_lengths(length)
    assert cache(page_size).num_new_pages(None, length) == num_pages(length, page_size)


@contract(SessionCache.prefix_len)
def a_prefix_is_committed_and_leaves_a_token_to_compute(committed: int, num_tokens: int) -> None:
    assert are_lengths(committed)
    assert num_tokens >= 1
    record, turn = KVRecord(0, committed=committed), engine_turn(num_tokens)
    prefix_len = cache().prefix_len(record, turn)
    assert 0 <= prefix_len <= committed
    assert prefix_len < num_tokens
    assert prefix_len in (committed, num_tokens - 1)


@contract(SessionCache.usable_len)
def a_turn_reads_whole_pages_of_its_first_prompt_and_computes_a_token(
    first_prompt_len: int, num_tokens: int, page_size: int
) -> None:
    assert 1 <= first_prompt_len <= num_tokens
    assert page_size >= 1
    turn = engine_turn(num_tokens, first_prompt_len=first_prompt_len)
    assert turn.session is not None
    usable = cache(page_size).usable_len(turn.session, turn)
    assert 0 <= usable <= first_prompt_len
    assert usable < num_tokens
    assert offset_of(usable, page_size) == 0
    one_page_more = usable + page_size
    assert one_page_more > first_prompt_len or one_page_more >= num_tokens


@contract(WindowPart.is_reusable, window_start)
def a_window_that_went_on_is_reusable_while_it_reaches_back_as_far_as_the_next_token_looks(
    num_protected: int, cursor: int, length: int, window: int
) -> None:
    assert are_lengths(num_protected, length)
    assert cursor > num_protected
    assert window >= 1
    record = KVRecord(0, protected=num_protected, cursor=cursor, committed=length)
    first_seen = length - window
    layers = part(WindowPart, window_len=window)
    assert layers.is_reusable(record, length) == (cursor <= first_seen)


@contract(RecurrentPart.is_reusable)
def a_recurrent_state_is_reusable_while_it_has_not_gone_beyond(committed: int, length: int) -> None:
    assert are_lengths(committed, length)
    record = KVRecord(0, committed=committed)
    assert part(RecurrentPart).is_reusable(record, length) == (committed <= length)


@contract(Scheduler.slides, floor_align, window_start)
def a_window_slides_to_the_page_of_the_first_token_that_any_later_one_looks_at(
    cursor_page: int, page: int, offset: int, window: int, page_size: int
) -> None:
    assert 0 <= offset < page_size
    assert are_lengths(window, cursor_page)
    assert page * page_size + offset + window >= 0
    committed = page * page_size + offset + window  # the next token is at this position
    record = KVRecord(0, cursor=cursor_page * page_size, committed=committed)
    scheduler = part(Scheduler, config=having(window=window, page_size=page_size))
    slid_to = [move.args[1] for move in scheduler.slides(engine_turn(1, record))]
    assert slid_to == ([page * page_size] if window and cursor_page < page else [])
