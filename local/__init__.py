"""Runs on this machine what a stack deployed, from its state alone."""
