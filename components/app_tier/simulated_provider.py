"""What the store and its simulated payment provider share: addresses, and the key of the store's calls."""

import secrets
from collections.abc import Collection

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from functions.common.names import OFF
from settings.app_tier import PROVIDER_SERVICE
from settings.endpoints import ROOT

_KEY_BYTES = 32


class SimulatedProvider(StoreComponent):
    """The key in Secrets Manager. It is made with the stack and stays: another program's run makes no other."""

    TYPE = "webstore:app:SimulatedProvider"
    store_url: str
    """Where it sends notices, and customers back to."""
    key: aws.secretsmanager.SecretVersion

    def __init__(
        self, name: str, *, store_url: str, off: Collection[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """
        Args:
            off: Kinds of party that are switched off: services call none of them.
        """
        super().__init__(name, opts)
        self.store_url = store_url
        self._off = off
        secret = aws.secretsmanager.Secret(
            name,
            description="Key that the store shows to its simulated payment provider",
            kms_key_id=self.foundation.keys.secrets_key_arn,
            recovery_window_in_days=30 if self.foundation.environment.protect else 0,
            opts=self._inside,
        )
        self.key = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(secrets.token_urlsafe(_KEY_BYTES)),
            # The value above is another one in each run.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["secretString"]),
        )
        self._publish()

    def url_of(self, kind: str) -> str:
        """Where services call the simulated party of a kind: the payment provider, or one beside it."""
        if kind in self._off:
            return OFF
        provider = f"{self.store_url}/{ROOT}/{PROVIDER_SERVICE}"
        return provider if kind == "payment" else f"{provider}/{kind}"
