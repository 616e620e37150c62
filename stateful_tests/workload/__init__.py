"""The real workload: sessions of a production trace, replayed on spec and engine side by side.

In reading order: `lines` and `formats` read a trace, `sessions` finds its conversations, `asks` and
`plan` scale them to a world, `clients` asks, `replay` runs, `result` counts. `generate` writes the
sample.
"""
