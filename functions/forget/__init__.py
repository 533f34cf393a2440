"""Has Personalize forget customers."""
