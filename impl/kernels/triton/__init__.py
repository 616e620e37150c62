"""The same as Triton kernels, module by module: the launcher first, then what it launches.

Importing one of them imports Triton. Two are for decode attention alone: `splits` says how contexts
are cut, and `attend` has its kernels.
"""
