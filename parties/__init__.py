"""What the store and its third parties say to each other: the APIs that services call, and the register of parties."""
