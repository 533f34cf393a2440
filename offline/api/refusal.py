"""What an API answers when it refuses."""


class ApiError(Exception):
    """A refusal with AWS's code, such as `ResourceInUseException`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid(message: str) -> ApiError:
    return ApiError("InvalidInputException", message)


def in_use(message: str) -> ApiError:
    return ApiError("ResourceInUseException", message)


def not_found(message: str) -> ApiError:
    return ApiError("ResourceNotFoundException", message)


def exists(message: str) -> ApiError:
    return ApiError("ResourceAlreadyExistsException", message)
