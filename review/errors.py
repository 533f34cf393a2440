"""What stops a review."""


class ReviewError(Exception):
    """The review cannot run; the text says why and what to do."""
