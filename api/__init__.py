"""The store's REST API: the models of its requests, and the page of its routes."""
