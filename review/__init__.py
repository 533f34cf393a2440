"""What a branch changes in a stack, in words: against the stack as the base commit deploys it, on offline AWS."""
