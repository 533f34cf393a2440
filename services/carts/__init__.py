"""Carts: what a customer means to buy, at the catalogue's prices."""
