"""Decides by IAM's published logic whether a request is allowed. Pure: policies and requests in, decisions out."""
