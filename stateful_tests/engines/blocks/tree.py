"""A prefix cache by hash, seen as the spec's tree: a cached page's parent is the page before it.

An engine may compute one page twice, and keep both: then one of them is the node, and who reads
another one is shown to read the node, whose locks are the users of all; the others are `aside` as
long as they are in use. A page whose predecessor is gone is not found by its hash: it is free.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from stateful_tests.engines.blocks.turns import Key
from stateful_tests.engines.observation import SeenNode

State = dict[str, Any]

Cached = dict[Key, list[int]]
"""The pages of each node, the one that stands for it first; parents come before children."""


def users(state: State) -> Counter[int]:
    """Return in how many block tables each page is."""
    return Counter(page for request in state["requests"] for page in request["table"])


def cached(state: State, page_size: int) -> Cached:
    """Return the nodes. A page that is neither free nor in use is none: it would be lost."""
    used = users(state)
    known = used.keys() | set(state["free"])
    found = Cached()
    for entry in sorted(state["entries"], key=lambda entry: len(entry["tokens"])):
        namespace, tokens = entry["namespace"], tuple(entry["tokens"])
        before = tokens[:-page_size]
        pages = [page for page in entry["pages"] if page in known]
        if pages and (not before or (namespace, before) in found):
            found[namespace, tokens] = sorted(pages, key=lambda page: page not in used)
    return found


def free_pages(state: State, nodes: Cached) -> list[int]:
    """Return the free pages that stand for no node; a page also in use, or free twice, stays."""
    used, left = users(state), list(state["free"])
    for page, *_ in nodes.values():
        if page not in used and page in left:
            left.remove(page)
    return left


def seen_nodes(
    state: State, nodes: Cached, page_size: int, elsewhere: Counter[int]
) -> list[SeenNode]:
    """Return the tree. Users who have a page `elsewhere` than in a prefix are left out."""
    places = {key: i for i, key in enumerate(nodes)}
    return [
        SeenNode(
            namespace,
            places.get((namespace, tokens[:-page_size])),
            tokens[-page_size:],
            pages[0],
            sum(state["references"][page] - elsewhere[page] for page in pages),
        )
        for (namespace, tokens), pages in nodes.items()
    ]
