"""What rules are made of: reads of possibly unknown inputs, the index of a stack, the registry, profiles, waivers."""
