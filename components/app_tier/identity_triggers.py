"""Services that the user pool invokes."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.app_tier import AppTier
from components.app_tier.functions import Functions
from components.app_tier.owners import Owners
from components.app_tier.service import Service
from components.base import StoreComponent
from components.foundation import Foundation
from components.identity import Triggers
from settings.app_tier import AppTierSettings
from settings.app_tier.runtime import LambdaRuntime


class IdentityTriggers(StoreComponent):
    """Functions of the services with a `trigger`, such as sign-up.

    A box of its own, made before the user pool, which names them; the other services come after it, since they verify
    its tokens.
    """

    TYPE = "webstore:app:IdentityTriggers"
    DASHBOARD = "identity"
    triggers: Triggers

    def __init__(
        self,
        name: str,
        *,
        settings: AppTierSettings,
        foundation: Foundation,
        owners: Mapping[str, Any],
        tier: str = "app",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            owners: Boxes that own what services use, by `Use.owner`; `images` is required.
            tier: Name of the application tier, which the names of all services' resources begin with.
        """
        super().__init__(name, opts, foundation=foundation)
        make = Functions(
            settings=settings, foundation=foundation, images=owners["images"], network=None, inside=self._inside
        )
        # Earlier, they were children of the application tier.
        earlier = pulumi.Alias(parent=pulumi.create_urn(tier, AppTier.TYPE, parent=foundation.inside.parent))
        arns: dict[str, pulumi.Output[str]] = {}
        for label, entry in sorted(settings.services.items()):
            if entry.trigger is None:
                continue
            assert isinstance(entry.runtime, LambdaRuntime), "only a function can be a trigger, as the settings say"
            made = f"{tier}-{label}"
            access = Owners(owners).access(label, entry, made)
            service = Service(label=label, name=made, entry=entry, access=access, boundary=None)
            arns[entry.trigger] = make.of_service(service, entry.runtime, aliases=[earlier]).function_arn
        self.triggers = Triggers(**arns)
        self._publish()
