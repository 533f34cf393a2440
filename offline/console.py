"""Terminal output of the offline commands."""

from rich.console import Console

# Standard output belongs to what a command produces (`export`), so all talk goes to standard error.
console = Console(stderr=True, soft_wrap=True)
