"""Shared by the services: how an app is made, whom it trusts, what it answers when something is wrong."""
