"""Catalogue in, points out: feeds, pictures, embedding, upserts, and the worker that repeats them."""
