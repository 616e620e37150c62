"""What the bookkeeping of a turn costs, ours against released SGLang. Read `__main__` first.

point          what is measured: sessions, page size, context, new tokens
sweeps         which points there are, and which are left out
stopwatch      how long which operation took
contestant     the same turns for every engine: grow sessions, then time their turns
ours           this project's engine
release        an installed release, in its own environment
kernels        what a release has no CPU for, and `numpy_kernels`
weight         bytes that sessions hold
host           the process that either of them runs in
race           all of them in turn, point by point
verdict        ratios, and whether the target is met
table          what is printed
"""
