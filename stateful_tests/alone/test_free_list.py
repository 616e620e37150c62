"""Free lists: what is given back is handed out again once no launched batch may use it."""

from __future__ import annotations

import numpy as np
import pytest

from impl.cache.free_list import FreeList
from impl.cache.launches import Launches
from impl.cache.mirror import Pages


def numbers(*given: int) -> Pages:
    return np.array(given, dtype=np.int32)


def taken(free: FreeList, count: int) -> list[int]:
    found = free.take(count)
    assert found is not None
    return sorted(found.tolist())


def test_what_was_given_back_last_is_handed_out_first() -> None:
    free = FreeList(numbers(1, 2, 3, 4), Launches())
    assert taken(free, 2) == [3, 4]
    free.put(numbers(3))
    assert taken(free, 1) == [3]
    assert taken(free, 2) == [1, 2]
    assert free.num_free == 0


def test_all_or_nothing_is_handed_out() -> None:
    free = FreeList(numbers(1, 2), Launches())
    assert free.take(3) is None
    assert free.num_free == 2
    assert taken(free, 0) == []


def test_what_a_launched_batch_may_use_waits_until_that_batch_is_done() -> None:
    launches = Launches()
    free = FreeList(numbers(1, 2, 3, 4), launches)
    assert taken(free, 2) == [3, 4]
    first, second = launches.begin(), launches.begin()
    free.put(numbers(4), after=first)
    free.put(numbers(3), after=second)
    assert free.num_free == 4
    assert sorted(free.numbers.tolist()) == [1, 2, 3, 4]
    assert taken(free, 1) == [2]
    launches.is_done(first)
    assert taken(free, 1) == [4]  # the first batch is done, the second is not
    assert launches.done < launches.launched
    assert taken(free, 2) == [1, 3]  # who needs more waits for the device
    assert launches.done == launches.launched


def test_what_no_launched_batch_may_use_is_handed_out_at_once() -> None:
    launches = Launches()
    free = FreeList(numbers(1, 2), launches)
    assert taken(free, 2) == [1, 2]
    first, second = launches.begin(), launches.begin()
    launches.is_done(first)
    free.put(numbers(2), after=second)
    free.put(numbers(1), after=first)
    assert taken(free, 1) == [1]
    assert launches.done < launches.launched


def test_what_waits_is_remembered_as_it_was_given_back() -> None:
    launches = Launches()
    free = FreeList(numbers(1, 2), launches)
    row = free.take(2)
    assert row is not None
    free.put(row, after=launches.begin())
    row[:] = 9  # a row is written anew for its next owner
    launches.wait()
    assert taken(free, 2) == [1, 2]


def test_nothing_is_given_back_that_was_not_handed_out() -> None:
    launches = Launches()
    free = FreeList(numbers(1, 2), launches)
    with pytest.raises(AssertionError, match="3 of 2 numbers would be free"):
        free.put(numbers(3))
    assert taken(free, 1) == [2]
    free.put(numbers(2), after=launches.begin())
    with pytest.raises(AssertionError, match="3 of 2 numbers would be free"):
        free.put(numbers(2))
