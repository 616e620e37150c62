"""What must be true: the streaming sessions of an LLM-serving engine as an abstract state machine.

Read `state`, `given`, `requests`, `answers`, `moves`, `kv`, `invariants`, `changes`, `cases`, in
this order; `language` has the few words beyond Python. The same text is executed (`machine/`) and
proved (`proofs/`).
"""
