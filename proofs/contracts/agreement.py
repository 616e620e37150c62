"""What the spec and the engine both compute, and compute alike, at every size."""

from impl.cache.parts.recurrent import RecurrentPart
from impl.cache.parts.window import WindowPart
from impl.cache.record import KVRecord
from impl.config import EngineConfig
from impl.paging import floor_align, num_full_pages, num_new_pages, num_pages
from impl.scheduling.queues import Queues
from impl.scheduling.scheduler import Scheduler
from impl.sessions.session_cache import SessionCache
from impl.sessions.turn import Turn
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import are_lengths, engine_turn, having, part, spec_size, spec_state
from spec.kv import reusable
from spec.language import NIL
from spec.machine.concrete import ConcreteState
from spec.machine.size import Size
from spec.moves import too_large, too_long


@contract(ConcreteState.pages, num_pages)
def both_count_the_pages_of_a_length_alike(n: int, page_size: int) -> None:
    assert are_lengths(n)
    assert page_size >= 1
    assert spec_state(spec_size(page_size=page_size)).pages(n) == num_pages(n, page_size)


@contract(ConcreteState.whole, ConcreteState.length, num_full_pages, floor_align)
def both_count_the_full_pages_of_a_length_alike(n: int, page_size: int) -> None:
    assert are_lengths(n)
    assert page_size >= 1
    s = spec_state(spec_size(page_size=page_size))
    assert s.whole(n) == num_full_pages(n, page_size)
    assert s.length(s.whole(n)) == floor_align(n, page_size)


@contract(Size.indices, EngineConfig.max_len)
def both_list_as_many_pages_in_the_longest_row(
    context_len: int, lookahead: int, page_size: int
) -> None:
    assert context_len >= 1
    assert lookahead >= 0
    assert page_size >= 1
    sizes = {"context_len": context_len, "lookahead": lookahead, "page_size": page_size}
    max_len = part(EngineConfig, **sizes).max_len
    assert spec_size(**sizes).indices == num_pages(max_len, page_size)


@contract(too_long, Queues.is_too_long)
def both_turn_away_a_turn_that_exceeds_the_context(limit: int, context_len: int) -> None:
    assert are_lengths(limit)
    assert context_len >= 1
    s = spec_state(spec_size(context_len=context_len), limit=limit)
    queues = part(Queues, config=having(context_len=context_len))
    turn = engine_turn(0, max_new_tokens=limit)
    assert too_long(s, 0) == queues.is_too_long(turn)


@contract(too_large, Queues.is_too_large)
def both_turn_away_a_turn_that_does_not_fit_the_pool(
    limit: int, pages: int, page_size: int
) -> None:
    assert are_lengths(limit)
    assert pages >= 1
    assert page_size >= 1
    s = spec_state(spec_size(pages=pages, page_size=page_size), limit=limit)
    queues = part(Queues, config=having(num_pages=pages, page_size=page_size))
    turn = engine_turn(0, max_new_tokens=limit)
    assert too_large(s, 0) == queues.is_too_large(turn)


@contract(SessionCache.num_new_pages, num_new_pages)
def both_reserve_as_many_new_pages(allocated: int, upto: int, page_size: int) -> None:
    assert are_lengths(allocated, upto)
    assert page_size >= 1
    s, cache = spec_state(spec_size(page_size=page_size)), part(SessionCache, page_size=page_size)
    record = KVRecord(0, allocated=allocated)
    assert cache.num_new_pages(record, upto) == s.pages(upto) - s.pages(allocated)


@contract(SessionCache.free_tail, SessionCache.tail_start)
def both_free_the_same_tail_and_keep_the_same_lengths(
    n: int, committed: int, allocated: int, drafted: int, page_size: int
) -> None:
    assert are_lengths(n, committed, drafted)
    assert page_size >= 1
    assert committed <= allocated
    s, freed = spec_state(spec_size(page_size=page_size)), list[tuple[int, int]]()
    rows = having(of=lambda _row, start, end: (start, num_pages(end, page_size)))
    taken = having(free=lambda pages, _after: freed.append(pages))
    cache = part(SessionCache, page_size=page_size, rows=rows, parts=[taken])
    record = KVRecord(0, committed=committed, launched=committed, allocated=allocated)
    record.drafted = drafted
    cache.free_tail(record, n)
    assert record.drafted == s.least(drafted, n)
    assert freed == ([(s.length(s.pages(n)), s.pages(allocated))] if n < allocated else [])
    assert record.allocated == s.least(allocated, n)
    assert record.committed == record.launched == s.least(committed, n)


@contract(SessionCache.private_size)
def both_count_the_same_pages_as_a_records_own(
    protected_pages: int, allocated: int, page_size: int
) -> None:
    assert page_size >= 1
    assert 0 <= protected_pages * page_size <= allocated
    s, cache = spec_state(spec_size(page_size=page_size)), part(SessionCache, page_size=page_size)
    protected = s.length(protected_pages)
    record = KVRecord(0, protected=protected, allocated=allocated)
    own = s.pages(allocated) - s.whole(protected)
    assert cache.private_size(record) == s.length(own)


@contract(reusable, SessionCache.is_reusable, WindowPart.is_reusable, RecurrentPart.is_reusable)
def both_keep_what_a_turn_could_go_on_from(
    protected: int, cursor: int, committed: int, n: int, window: int, hybrid: bool
) -> None:
    assert 0 <= protected <= cursor <= committed
    assert are_lengths(n, window)
    lens = {"protected": protected, "cursor": cursor, "committed": committed}
    s = spec_state(spec_size(window=window), recurrent=0 if hybrid else NIL, **lens)
    parts = [part(WindowPart, window_len=window), *([part(RecurrentPart)] if hybrid else [])]
    cache, record = part(SessionCache, parts=parts), KVRecord(0, protected, cursor, committed)
    assert reusable(s, 0, n) == cache.is_reusable(record, n)


@contract(SessionCache.usable_len)
def both_read_the_same_pages_of_a_first_prompt(
    hit: int, text_len: int, tokens: int, page_size: int
) -> None:
    assert are_lengths(hit)
    assert 1 <= text_len <= tokens
    assert page_size >= 1
    s, cache = spec_state(spec_size(page_size=page_size)), part(SessionCache, page_size=page_size)
    turn = engine_turn(tokens, first_prompt_len=text_len)
    assert turn.session is not None
    may_start = hit <= s.whole(text_len) and s.length(hit) < tokens
    assert may_start == (s.length(hit) <= cache.usable_len(turn.session, turn))


@contract(Scheduler._lacks_in_tree, SessionCache.shared_len)
def both_publish_the_same_whole_pages_of_a_first_prompt(
    protected_pages: int,
    cursor: int,
    launched: int,
    text_len: int,
    page_size: int,
    hybrid: bool,
    runs: bool,
) -> None:
    assert page_size >= 1
    assert text_len >= 1
    assert 0 <= protected_pages * page_size <= cursor <= launched
    s, scheduler = (
        spec_state(spec_size(page_size=page_size)),
        part(Scheduler, cache=part(SessionCache, page_size=page_size, is_exact=hybrid)),
    )
    record = KVRecord(0, protected=s.length(protected_pages), cursor=cursor, launched=launched)
    is_behind = cursor == s.length(protected_pages) and protected_pages < s.whole(text_len)
    turn = engine_turn(text_len, record if runs else None, first_prompt_len=text_len)
    is_beyond = s.length(s.whole(text_len)) < launched
    lacks = runs and is_behind and not (hybrid and is_beyond)
    assert scheduler._lacks_in_tree(turn) == lacks


@contract(Scheduler.is_publishable, SessionCache.can_publish)
def both_publish_a_computed_prompt_or_a_recurrent_state_where_its_pages_end(
    protected_pages: int, committed: int, launched: int, text_len: int, page_size: int, hybrid: bool
) -> None:
    assert page_size >= 1
    assert text_len >= 1
    assert 0 <= protected_pages * page_size <= committed <= launched
    s, scheduler = (
        spec_state(spec_size(page_size=page_size)),
        part(Scheduler, cache=part(SessionCache, page_size=page_size, is_exact=hybrid)),
    )
    protected, hi = s.length(protected_pages), s.whole(text_len)
    record = KVRecord(0, protected, protected, committed, launched)
    stands_there = committed == s.length(hi) if hybrid else text_len <= committed
    turn = engine_turn(text_len, record, first_prompt_len=text_len)
    may_publish = committed == launched and protected_pages < hi and stands_there
    assert scheduler.is_publishable(turn) == may_publish


@contract(Turn.is_decoding, Turn.can_overlap)
def both_decode_the_last_token_or_the_one_in_the_air(
    prompt: int, tokens: int, limit: int, committed: int, launched: int
) -> None:
    assert 1 <= prompt <= tokens
    assert prompt <= limit
    assert 0 <= committed <= launched
    record = KVRecord(0, committed=committed, launched=launched)
    turn = engine_turn(tokens, record, prompt, limit - prompt)
    is_unread = committed < launched
    last, in_air = launched + 1 == tokens, launched == tokens
    assert turn.is_decoding == (not is_unread and last and prompt < tokens < limit)
    assert turn.can_overlap == (is_unread and in_air and tokens + 1 < limit)


@contract(Turn.is_complete, Turn.target_len)
def both_let_a_turn_finish_at_its_limit_without_kv_of_its_last_token(
    prompt: int, tokens: int, limit: int, committed: int
) -> None:
    assert 1 <= prompt <= tokens <= limit
    assert 0 <= committed <= tokens
    record = KVRecord(0, committed=committed, launched=committed)
    turn = engine_turn(tokens, record, prompt, limit - prompt)
    has_output = tokens == limit <= committed + 1
    assert turn.is_complete == (has_output and (prompt < limit or limit == committed))
