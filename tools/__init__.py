"""What `make` runs to build things from this repository."""
