"""A sample catalogue, drawn: about 300 garments with their pictures, and queries with known answers."""

from ingest.sample.catalogue import Product, products
from ingest.sample.queries import SampleQuery, sample_queries
from ingest.sample.writer import draw_catalogue

__all__ = ["Product", "SampleQuery", "draw_catalogue", "products", "sample_queries"]
