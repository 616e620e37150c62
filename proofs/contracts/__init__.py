"""Contracts of the arithmetic of pages and lengths, in the spec and in the engine.

A contract is a function whose name is a sentence. It asserts first what is given, then what
follows, and calls the very functions that run. CrossHair executes it on symbolic integers and
confirms it over all paths: for every length, every page size, every limit. A contract that would
hold of wrong arithmetic, too, says nothing: so each must be refuted of a wrong variant of what it
is about, and each wrong variant by some contract. `test_contracts` asks for all three.

Nowhere else in `proofs` is the engine imported. Its arithmetic is of integers like the spec's, and
that both mean the same is a question for every size, too: see `agreement`.
"""
