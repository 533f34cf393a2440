"""Makes, fills and switches the index of products."""
