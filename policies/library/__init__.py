"""What rules are made of: reading inputs that may be unknown, the index of a stack, the registry, profiles, waivers."""
