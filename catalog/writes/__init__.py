"""Pushed writes: accepted and kept by the service, done by the worker; see docs/writes.md."""
