"""Errors: those that end a laptop run, and those with which AWS answers."""


class LocalError(Exception):
    """The run cannot start or go on; the text says why and what to do."""


class AwsError(Exception):
    """An error of an AWS service."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.text = code, message
