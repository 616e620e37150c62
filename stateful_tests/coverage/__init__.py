"""Which share of the reachable abstract transitions a run has covered."""
