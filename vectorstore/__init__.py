"""Qdrant on one machine without a server: Qdrant's REST calls, answered by Qdrant Edge."""
