"""Shared by the functions. `names` is shared with the program, too."""
