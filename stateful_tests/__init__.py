"""Do spec and engine agree? Both act; answers, states and KV contents are compared each time."""
