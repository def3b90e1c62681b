"""A change of the model: another collection is built beside the live one, verified, and switched to."""
