"""The project's own engine under judgement, and the dense runs that it is compared with."""
