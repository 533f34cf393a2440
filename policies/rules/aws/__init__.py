"""Rules about many services."""
