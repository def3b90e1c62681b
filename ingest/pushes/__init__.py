"""Pushed writes, done: taken from the queue in batches, applied to the index, and their outcomes recorded."""
