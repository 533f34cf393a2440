"""Rules on steps, by theme."""
