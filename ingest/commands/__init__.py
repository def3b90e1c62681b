"""The commands of `python -m ingest`, a file each. Those that are a room of their own lie there."""
