"""Functions that rules of several services share; no rules."""
