"""Carts of customers, at the catalogue's current prices."""
