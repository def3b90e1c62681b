"""How large a shop's index becomes, and what embedding it costs: `python -m ingest plan`."""
