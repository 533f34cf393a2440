"""What the evaluator says of a policy or request that it cannot read."""


class PolicyError(ValueError):
    """A policy breaks IAM's grammar; the text names policy, element, value and rule."""


class RequestError(ValueError):
    """A request cannot be judged; the text says what is missing."""
