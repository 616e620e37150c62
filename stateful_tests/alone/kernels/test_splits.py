"""How contexts are cut: what all splits and tiles have in common, and which cases tests meet."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from impl.kernels.triton.splits import SPLIT_LENS, TILE_LENS, cut, power_of_two
from stateful_tests.alone.kernels.draw import draw_queries
from stateful_tests.alone.kernels.shapes import SHAPES

MOST = 1 << 20
COMBINED = 16  # the block of `combine_splits`


@given(
    st.integers(1, MOST),
    st.none() | st.integers(0, MOST),
    st.integers(1, 1024),
    st.sampled_from([1 << i for i in range(4, 13)]),
    st.none() | st.integers(1, 5000),
)
def test_splits_reach_over_all_that_is_seen_in_whole_tiles(
    max_len: int, window: int | None, num_pairs: int, token_bytes: int, wanted: int | None
) -> None:
    tile, split_len, num_splits = cut(max_len, window, num_pairs, token_bytes, wanted)
    assert tile == power_of_two(tile)
    assert TILE_LENS[0] <= tile <= TILE_LENS[1]
    assert split_len % tile == 0
    assert split_len >= (wanted or SPLIT_LENS[0])
    begin = 0 if window is None else max(0, max_len - 1 - window)
    assert begin // tile * tile + num_splits * split_len >= max_len


@given(st.integers(1, MOST), st.integers(1, 1024))
def test_splits_of_long_contexts_fill_a_gpu_and_are_not_short(max_len: int, pairs: int) -> None:
    _, split_len, num_splits = cut(max_len, None, pairs, 256)
    assert SPLIT_LENS[0] <= split_len <= SPLIT_LENS[1]
    assert num_splits * pairs >= 512 or split_len == SPLIT_LENS[0]


def test_the_drawn_queries_meet_each_way_through_the_kernels() -> None:
    met = Counter[str]()
    for seed, page_size, head_dim, dtype, wanted, most in SHAPES:
        drawn = draw_queries(seed, "cpu", dtype, page_size, head_dim, most)
        reach = drawn.max_len or drawn.table.shape[1] * page_size
        pairs, token_bytes = 3 * drawn.k_pool.shape[1], power_of_two(head_dim) * dtype.itemsize
        tile, _, num_splits = cut(reach, drawn.window, pairs, token_bytes, wanted)
        seen = "all" if drawn.window is None else "a window"
        met[f"{seen}, {'one page' if page_size % tile == 0 else 'several pages'} a tile"] += 1
        met[f"{seen}, {'one split' if num_splits == 1 else 'several splits'}"] += 1
        met["more splits than are combined at a time"] += num_splits > COMBINED
    assert len(met) == 9, met
    assert all(met.values()), met
