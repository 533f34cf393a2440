"""Writes changes of products into the index."""
