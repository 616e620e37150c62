"""Does the real machine agree? The same lockstep, and paged attention, on a CUDA device."""
