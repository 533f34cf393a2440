"""What the laptop run says when it cannot go on."""


class LocalError(Exception):
    """The run cannot start or go on; the text says why and what to do."""
