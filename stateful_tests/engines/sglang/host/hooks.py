"""Where the release is listened to: its functions, wrapped in memory.

| event   | what is wrapped; names that differ are in names.py               | it tells that       |
|---------|------------------------------------------------------------------|---------------------|
| extend  | `alloc_for_extend`                                               | a prefill gets room |
| decode  | `alloc_for_decode`                                               | a decode gets room  |
| launch  | `Scheduler.run_batch`, managers/scheduler.py                     | a batch is computed |
| result  | `Scheduler.process_batch_result`, managers/scheduler.py          | its result is read  |
| kept    | `cache_unfinished_req`, `checkpoint`                             | a prompt is known   |
| release | `release_kv_cache`, mem_cache/common.py                          | a row is left       |
| refused | `Req.set_finish_with_abort`, managers/schedule_batch.py          | one never runs      |
| retract | `ScheduleBatch.release_req`, managers/schedule_batch.py          | one is put back     |
| evict   | `_delete_leaf`, `_remove_leaf_from_parent`, `evict_device_leaf`  | a leaf is dropped   |
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import FunctionType
from typing import Any

from sglang.srt.managers.schedule_batch import Req, ScheduleBatch
from sglang.srt.mem_cache import common

from stateful_tests.engines.sglang.host import told
from stateful_tests.engines.sglang.host.journal import Journal, Tell
from stateful_tests.engines.sglang.host.names import Names
from stateful_tests.engines.sglang.host.rust_tree import RustTree
from stateful_tests.engines.sglang.host.tree import PythonTree


class Hooks:
    """Wraps the release's functions once per process, and its objects once per scheduler."""

    def __init__(self, journal: Journal, names: Names) -> None:
        self.journal = journal
        self.names = names
        allocation = import_module(names.allocation)
        self._everywhere(allocation.alloc_for_extend, "extend", told.requests, told.extended)
        self._everywhere(allocation.alloc_for_decode, "decode", told.requests, told.decoded)
        self._everywhere(common.release_kv_cache, "release", told.request, told.request_after)
        self._on(Req, "set_finish_with_abort", "refused", told.refused, told.nothing)
        self._on(ScheduleBatch, "release_req", "retract", told.retracted, told.nothing)

    def listen(self, scheduler: Any, tree: PythonTree | RustTree) -> None:
        """Wrap what this scheduler was made of."""
        self._on(scheduler, "run_batch", "launch", told.launched, told.nothing)
        self._on(scheduler, "process_batch_result", "result", told.batch, told.read)
        self._on(scheduler.tree_cache, self.names.kept, "kept", told.request, told.request_after)
        self._on(tree.tree, tree.evicts, "evict", tree.leaf, told.nothing)

    def _everywhere(self, function: FunctionType, event: str, before: Tell, after: Tell) -> None:
        """Wrap a function in every module of the release that imported it."""
        wrapped = self.journal.kept(event, function, before, after)
        for name, module in list(sys.modules.items()):
            if name.startswith("sglang.") and vars(module).get(function.__name__) is function:
                vars(module)[function.__name__] = wrapped

    def _on(self, owner: Any, name: str, event: str, before: Tell, after: Tell) -> None:
        """Wrap a method of a class, or of one object."""
        setattr(owner, name, self.journal.kept(event, getattr(owner, name), before, after))
