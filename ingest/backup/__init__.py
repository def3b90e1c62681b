"""Backups of an index: one archive with all that brings it back, and the way back."""
