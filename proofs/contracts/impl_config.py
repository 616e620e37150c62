"""Which sizes can work at all: the sums that a configuration is checked by.

A refusal says its sizes in words, and numbers as text are beyond the solver: they are bounded.
"""

from impl.config import ConfigError, EngineConfig
from impl.paging import num_pages
from proofs.contracts.contract import contract
from proofs.contracts.stand_ins import one_by_one, part


@contract(EngineConfig._check_layers, within="contexts of 4 tokens and pages of 2")
def a_turn_of_a_whole_context_fits_the_window_pool(
    context_len: int, window: int, window_pages: int, page_size: int
) -> None:
    assert 1 <= context_len <= 4
    assert 1 <= page_size <= 2
    assert 0 <= window <= 1
    assert 0 <= window_pages <= 3
    context_len, page_size = one_by_one(context_len, 5), one_by_one(page_size, 3)
    window, window_pages = one_by_one(window, 2), one_by_one(window_pages, 4)
    sizes = {"window": window, "window_pages": window_pages, "page_size": page_size}
    has_window = window > 0 and num_pages(context_len, page_size) <= window_pages
    has_none = window == window_pages == 0
    assert accepts(part(EngineConfig, context_len=context_len, **sizes)) == (has_window or has_none)


def accepts(config: EngineConfig) -> bool:
    """Tell whether the sizes of its layers are accepted."""
    try:
        config._check_layers()
    except ConfigError:
        return False
    return True
