"""Damaged input of every kind for what reads strangers' bytes: `python -m tests.fuzz`."""
