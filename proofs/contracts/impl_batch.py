"""How chunks of many turns are laid end to end, and padded to the longest."""

from impl.batch import Chunk, lay_out
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import one_by_one

FEW = "two chunks of up to 3 tokens"


def chunks(first: int, second: int, start: int) -> list[Chunk]:
    """Return two chunks of so many tokens, on rows 0 and 1 and in namespaces 5 and 6."""
    lengths = one_by_one(first, 4), one_by_one(second, 4)
    return [Chunk([7] * length, row, start, 5 + row) for row, length in enumerate(lengths)]


@contract(lay_out, within=FEW)
def each_token_of_a_batch_has_a_place_and_a_position_of_its_own(
    first: int, second: int, start: int
) -> None:
    assert 1 <= first <= 3
    assert 1 <= second <= 3
    assert start >= 0
    lists, spans, query_len = lay_out(chunks(first, second, start))
    tokens, positions, rows, padded, namespaces = lists
    assert spans == [(0, first, None), (first, first + second, None)]
    assert len(tokens) == first + second
    assert rows == [0] * first + [1] * second
    assert namespaces == [5] * first + [6] * second
    assert positions == [*range(start, start + first), *range(start, start + second)]
    assert query_len == max(first, second)
    assert padded == [*range(first), *range(query_len, query_len + second)]


@contract(Chunk.end)
def a_chunk_ends_where_the_next_one_starts(length: int, start: int) -> None:
    assert length >= 1
    assert start >= 0
    assert Chunk(range(length), 0, start).end == range(start, start + length)[-1] + 1
