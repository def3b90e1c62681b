"""Faults of every kind while customers search and a shop writes: `python -m tests.chaos`."""
