"""The header by which a public load balancer recognises CloudFront."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pulumi

from settings.edge import SecretHeader, VpcOrigin

_COMMAND = '`pulumi config set --secret web-store:origin_secret "$(openssl rand -hex 32)"`'
MISSING = (
    f"with edge.origin: {{kind: secret_header}} the stack must have the secret web-store:origin_secret: run {_COMMAND}"
)


@dataclass(frozen=True, kw_only=True)
class OriginSecret:
    """Header that CloudFront adds to requests; a public load balancer rejects requests without it.

    For Regions without CloudFront VPC origins.
    """

    name: str
    value: pulumi.Input[str]
    """What CloudFront sends: 32 to 128 random characters, as a secret output."""
    also: pulumi.Input[str] | None = None
    """Admitted beside it, while one replaces the other."""

    @classmethod
    def for_origin(
        cls, origin: VpcOrigin | SecretHeader, load_secret: Callable[[str], pulumi.Output[str] | None]
    ) -> "OriginSecret | None":
        """The secret of `edge.origin`; None for a VPC origin.

        Raises:
            pulumi.RunError: there is none.
        """
        if not isinstance(origin, SecretHeader):
            return None
        value, also = load_secret("origin_secret"), load_secret("origin_secret_next")
        if value is None:
            raise pulumi.RunError(MISSING)
        return cls(name=origin.header_name, value=value, also=also)

    @property
    def admitted(self) -> pulumi.Output[list[str]]:
        """Values that the load balancer takes, as a secret output.

        The order is always the same: a rule whose values only change places would change without a reason.
        """
        values = pulumi.Output.all(self.value, *([] if self.also is None else [self.also]))
        return pulumi.Output.secret(values.apply(_checked))


def _checked(values: list[str]) -> list[str]:
    for value in values:
        # At most 128 characters, and `*` and `?` stand for any others
        # (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rule-condition-types.html).
        if not re.fullmatch(r"[A-Za-z0-9._~+/=-]{32,128}", value):
            raise pulumi.RunError(
                "web-store:origin_secret and origin_secret_next must be 32 to 128 letters, digits or ._~+/=- each; a"
                f" load balancer takes other characters for wildcards, or not at all. Run {_COMMAND}"
            )
    return sorted(set(values))
