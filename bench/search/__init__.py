"""How fast searches are answered, beside a plain service of the usual parts."""
