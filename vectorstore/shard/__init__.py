"""The process that holds one collection's shard: the only place that calls Qdrant Edge."""
