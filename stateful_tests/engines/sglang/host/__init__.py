"""The program that runs in a release's own environment and holds its real scheduler."""
