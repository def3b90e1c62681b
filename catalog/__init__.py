"""The shared core: what an item is, how its pictures are embedded, and where its points are kept."""

# The version of Vitrine; CHANGELOG.md says what each brought.
__version__ = "0.1.0"
