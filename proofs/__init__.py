"""Is it true at every size? The Z3 interpreter of the spec text, and a prover on top of it.

Read `paths`, `values`, `lengths`, `declared`, `sorts`, `loops`, `maps`, `symbolic` for the
interpreter, then `machine`, `obligations`, `ground`, `prover` for the proofs, and `search`,
`counterexample` for what is shown when a proof fails. `planted` and the tests show that one can.
"""
