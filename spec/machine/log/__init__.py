"""Does the spec allow what a log of a live engine tells? Read `judge` first."""
