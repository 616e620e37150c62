"""The kernels: plain torch against obvious loops, and Triton against plain torch."""
