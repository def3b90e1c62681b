"""Feeds: every kind of catalogue a shop may send, read as one stream of rows."""
