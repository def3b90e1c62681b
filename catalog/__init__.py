"""The shared core: what an item is, how its pictures are embedded, and where its points are kept."""
