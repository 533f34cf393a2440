"""Runs on this machine what a stack deployed, from its state alone."""

import sys

# httpcore looks for it with each request, in all folders where it is not: half a millisecond.
sys.modules.setdefault("sniffio", None)  # pyright: ignore[reportArgumentType]
