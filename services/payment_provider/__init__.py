"""A simulated payment provider for test environments. No money moves; the token of a charge decides its result."""
