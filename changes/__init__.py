"""What an update would do to a store that is deployed: changes that AWS refuses, and what replacements cost."""
