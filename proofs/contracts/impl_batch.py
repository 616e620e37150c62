"""How chunks of many turns are laid end to end."""

from impl.model.batch import Chunk, lay_out
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import one_by_one

FEW = "three chunks of up to 3 tokens"


@contract(lay_out, within=FEW)
def chunks_are_laid_end_to_end_in_their_order(first: int, second: int, third: int) -> None:
    assert 1 <= first <= 3
    assert 1 <= second <= 3
    assert 1 <= third <= 3
    lens = [one_by_one(length, 4) for length in (first, second, third)]
    both = first + second
    assert lay_out(lens) == [(0, first), (first, both), (both, both + third)]


@contract(Chunk.end)
def a_chunk_ends_where_the_next_one_starts(length: int, start: int) -> None:
    assert length >= 1
    assert start >= 0
    assert Chunk(range(length), 0, start).end == range(start, start + length)[-1] + 1
