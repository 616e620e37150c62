"""Runs beside one engine's release, in its environment: its scheduler, on a stand-in model."""
