"""What the stand-in does not do."""


class RefusalError(Exception):
    """A request that OpenSearch, or the stand-in, refuses.

    Attributes:
        status: HTTP status.
        kind: OpenSearch's name of the error.
    """

    def __init__(self, message: str, *, status: int = 400, kind: str = "parsing_exception") -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


def only(what: str, given: dict[str, object], *known: str) -> None:
    """
    Raises:
        RefusalError: something is given that would be ignored here.
    """
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise RefusalError(f"{what} must have only {', '.join(sorted(known))} here; got {', '.join(unknown)}")
