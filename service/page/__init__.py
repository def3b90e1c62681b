"""What the search page shows, from the state in its address."""
