"""Sends customers messages about their orders, and offers to those who agreed to them."""
