"""Facts that the doctor reckons with, each file with its source and date."""
