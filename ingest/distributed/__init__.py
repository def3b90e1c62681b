"""One run over feeds on several machines, by Ray Data."""
