"""The store's own services: one package and one image; `python -m services` serves the one that STORE_SERVICE names."""
