"""HTTP in, JSON out: the Flask API and its search page."""
