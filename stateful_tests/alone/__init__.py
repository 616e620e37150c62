"""The engine by itself, without the spec: tokens, KV, policy, refusals, errors, its parts."""
