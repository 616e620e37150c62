"""The spec text over tensors: rules are traced once into formulas, and these run over many states.

`explore.VectorisedExplorer` finds what `spec.machine.explore.Explorer` finds, on CPU or CUDA.
"""
