"""How runs of tokens are compared and cut in the radix tree: whole pages at a time."""

from impl.cache.radix_cache import RadixCache
from impl.tokens import tokens_of
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import one_by_one

FEW = "runs of up to 4 tokens, pages of 1 or 2"


@contract(RadixCache._num_common, within=FEW)
def two_runs_have_the_whole_pages_in_common_before_their_first_difference(
    num_key: int, num_tokens: int, first_difference: int, page_size: int
) -> None:
    assert 1 <= page_size <= 2
    assert 0 <= num_key <= 2
    assert 0 <= num_tokens <= 4
    assert 0 <= first_difference <= 4
    size, num_same = one_by_one(page_size, 3), one_by_one(first_difference, 5)
    key = tokens_of([0] * (one_by_one(num_key, 3) * size))
    tokens = [int(i >= num_same) for i in range(one_by_one(num_tokens, 5))]
    num_common = min(len(key), len(tokens), num_same) // size * size
    assert RadixCache(size)._num_common(key, tokens_of([2, *tokens]), 1) == num_common
