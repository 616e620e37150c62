"""Engines other than our own, in lockstep with the same spec."""
