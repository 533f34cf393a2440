"""What the offline commands say when they cannot go on."""


class OfflineError(Exception):
    """A command cannot be carried out; the text says why and what to do."""
