"""A simulated payment provider for test environments. No money moves; what a token says is what happens."""
