"""Products, for everybody; changes of them, for who keeps the catalogue."""
