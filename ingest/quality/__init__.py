"""How good search is: measured with labelled queries, and shown with pictures that are held out."""
