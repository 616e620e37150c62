"""How the scheduler cuts the work of a step: budgets, chunks, drafts, and how far a turn gets."""

from impl.cache.record import KVRecord
from impl.paging import floor_align
from impl.scheduling.scheduler import Scheduler
from impl.scheduling.work import Work
from impl.sessions.session_cache import SessionCache
from impl.sessions.turn import Turn
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import are_lengths, engine_turn, having, part


def scheduler(num_drafts: int = 0, overlap: bool = False, token_budget: int = 1) -> Scheduler:
    """Return a scheduler of a model without recurrent layers."""
    sizes = {"num_drafts": num_drafts, "overlap": overlap, "token_budget": token_budget}
    return part(Scheduler, config=having(**sizes), cache=having(is_exact=False))


def running(prompt: int, tokens: int, limit: int, launched: int, unread: int = 0) -> Turn:
    """Return a turn that runs; results for `unread` tokens are not read yet."""
    record = KVRecord(0, committed=launched - unread, launched=launched)
    return engine_turn(tokens, record, prompt, limit - prompt)


def num_tokens(work: Work | None) -> int:
    """Return how many tokens a turn computes in a step."""
    return work.end - work.start if work else 0


@contract(Scheduler._num_drafts)
def a_turn_computes_no_more_than_the_budget(
    prompt: int, tokens: int, limit: int, launched: int, budget: int, num_drafts: int
) -> None:
    assert 1 <= prompt <= tokens
    assert prompt <= limit
    assert are_lengths(launched, budget, num_drafts)
    turn = running(prompt, tokens, limit, launched)
    assert num_tokens(scheduler(num_drafts)._next(turn, budget)) <= budget


@contract(Scheduler.work)
def decodes_come_first_and_a_prefill_gets_the_rest_of_the_budget(
    prompt: int, launched: int, tokens: int, budget: int
) -> None:
    assert prompt >= 1
    assert 0 <= launched <= tokens
    assert budget >= 1
    prefills = running(tokens, tokens, tokens, launched)
    decodes = running(prompt, prompt + 1, prompt + 2, prompt)
    policy = scheduler(token_budget=budget)
    policy.queues = having(running=[prefills, decodes])
    end = min(launched + budget - 1, tokens)
    rest = [Work(prefills, launched, end)] if launched < end else []
    assert policy.work() == [Work(decodes, prompt, prompt + 1, decodes=True), *rest]


@contract(Scheduler._num_drafts)
def a_model_with_recurrent_layers_never_drafts(
    tokens: int, max_new: int, num_drafts: int, budget: int
) -> None:
    assert are_lengths(max_new, num_drafts, budget)
    assert tokens >= 1
    config = having(num_drafts=num_drafts)
    policy = part(Scheduler, config=config, cache=having(is_exact=True))
    assert policy._num_drafts(running(tokens, tokens, tokens + max_new, 0), budget) == 0


@contract(Scheduler._stop_to_publish)
def a_chunk_stops_at_the_end_of_the_pages_that_are_to_be_published_with_their_state(
    start: int, end: int, text_len: int, page_size: int
) -> None:
    assert are_lengths(start)
    assert start < end
    assert text_len >= 1
    assert page_size >= 1
    policy = part(Scheduler, cache=part(SessionCache, page_size=page_size))
    turn = engine_turn(text_len, first_prompt_len=text_len)
    whole = floor_align(text_len, page_size)
    stops = start < whole < end
    assert policy._stop_to_publish(turn, start, end) == (whole if stops else end)


@contract(Scheduler._num_drafts)
def what_is_computed_may_be_reserved_and_stays_within_what_was_asked_for(
    prompt: int, tokens: int, limit: int, launched: int, budget: int, lookahead: int, drafts: int
) -> None:
    assert 1 <= prompt <= tokens <= limit
    assert 0 <= drafts <= lookahead
    assert are_lengths(launched, budget)
    work = scheduler(drafts)._next(running(prompt, tokens, limit, launched), budget)
    end = work.end if work else 0
    assert end <= limit
    assert end <= min(tokens, limit) + lookahead


@contract(Scheduler._next, Scheduler._num_drafts)
def a_decode_computes_its_token_and_as_many_drafts_as_fit(
    prompt: int, tokens: int, limit: int, budget: int, num_drafts: int
) -> None:
    assert 1 <= prompt < tokens < limit
    assert budget >= 1
    assert num_drafts >= 0
    turn = running(prompt, tokens, limit, tokens - 1)
    fit = min(num_drafts, budget - 1, limit - tokens)
    work = scheduler(num_drafts)._next(turn, budget)
    assert work == Work(turn, tokens - 1, tokens + fit, fit, decodes=True)


@contract(Scheduler._next, Turn.target_len)
def a_prefill_goes_as_far_as_the_budget_and_no_further_than_the_next_token_needs(
    tokens: int, max_new: int, launched: int, budget: int
) -> None:
    assert tokens >= 1
    assert are_lengths(max_new, launched, budget)
    turn = running(tokens, tokens, tokens + max_new, launched)
    end = min(launched + budget, tokens)
    work = scheduler()._next(turn, budget)
    assert work == (Work(turn, launched, end) if launched < end else None)


@contract(Scheduler._next)
def what_is_launched_over_an_unread_result_may_be_reserved_and_is_asked_for(
    prompt: int, tokens: int, limit: int, launched: int, lookahead: int
) -> None:
    assert 1 <= prompt <= tokens <= limit
    assert launched >= 1
    assert lookahead >= 1
    turn = running(prompt, tokens, limit, launched, unread=1)
    work = scheduler(lookahead, overlap=True)._next(turn, 1)
    assert work in (None, Work(turn, launched, launched + 1, decodes=launched == tokens))
    assert work is None or work.end <= limit - work.decodes
    assert work is None or work.end <= min(tokens, limit) + lookahead


@contract(Scheduler._next)
def nothing_is_launched_for_a_turn_that_is_to_be_aborted(
    prompt: int, tokens: int, limit: int, launched: int, budget: int
) -> None:
    assert 1 <= prompt <= tokens <= limit
    assert are_lengths(launched, budget)
    turn = running(prompt, tokens, limit, launched)
    turn.aborting = True
    assert scheduler()._next(turn, budget) is None


@contract(Turn.is_complete, Turn.target_len)
def a_turn_at_rest_computes_a_token_or_is_complete(
    prompt: int, tokens: int, limit: int, committed: int, budget: int, num_drafts: int
) -> None:
    assert 1 <= prompt <= tokens <= limit
    assert 0 <= committed <= tokens
    assert committed < tokens or tokens == limit  # with the last known token one follows
    assert budget >= 1
    assert num_drafts >= 0
    turn = running(prompt, tokens, limit, committed)
    computes = num_tokens(scheduler(num_drafts)._next(turn, budget)) >= 1
    assert computes != turn.is_complete
