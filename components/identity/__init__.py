"""Identity: customers' accounts, the applications that sign them in, and what tokens allow."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.ready import once_ready
from components.blocks.web_acl import RegionalWebAcl, WebAclArgs
from components.dns import Dns
from components.foundation import Foundation
from components.identity.clients import Clients
from components.identity.credentials import CustomerCredentials
from components.identity.names import RESOURCE_SERVER, api_scope, sign_in_host
from components.identity.pool import Triggers, pool_args
from components.identity.threats import ThreatProtection
from components.metric import Metric
from settings.identity import IdentitySettings

__all__ = ["Identity", "Triggers"]


class Identity(StoreComponent):
    """Point 2 of the guidance: a Cognito user pool and all that belongs to it but the sign-in pages (`SignIn`).

    Web and mobile clients are public and use the code flow with PKCE; machines have clients with a secret. Groups say
    who somebody is, scopes what an application may do: a route of the API asks for a scope.

    AWS cannot change how accounts sign in or which attributes they must have, it replaces the user pool and every
    account is lost. `accounts.confirmed_choice` makes the settings refuse that in words, `protect` makes Pulumi and AWS
    refuse it. Neither is left to `ignore_changes`, which would hide the difference and let it come with the next
    replacement.

    Cost: by active users at the price of the tier (https://aws.amazon.com/cognito/pricing/), and the web ACL's.
    """

    TYPE = "webstore:identity:Identity"
    OUTPUTS = (
        "user_pool_id",
        "user_pool_arn",
        "issuer_url",
        "sign_in_url",
        "scopes",
        "web_client_id",
        "mobile_client_id",
    )
    user_pool_id: pulumi.Output[str]
    user_pool_arn: pulumi.Output[str]
    issuer_url: pulumi.Output[str]
    """Issuer of the tokens; its keys are under `/.well-known/jwks.json`."""
    sign_in_url: str
    """Address of the sign-in pages."""
    scopes: Mapping[str, str]
    """Scopes of the API by name, as tokens and authorisers name them: `orders.read` is `store/orders.read`."""
    web_client_id: pulumi.Output[str]
    mobile_client_id: pulumi.Output[str] | None

    def __init__(
        self,
        name: str,
        *,
        settings: IdentitySettings,
        foundation: Foundation,
        dns: Dns,
        triggers: Triggers | None = None,
        service_scopes: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            triggers: Functions that Cognito calls.
            service_scopes: Scopes that follow from the services, name to meaning, beside those of the settings.
        """
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        protect = foundation.environment.protect
        host = sign_in_host(settings, foundation.environment, dns.host_names["store"])
        self.sign_in_url = f"https://{host}"
        pool = aws.cognito.UserPool(
            name,
            pool_args(settings, relying_party=host, triggers=triggers, protect=protect),
            opts=self._kept(),
        )
        if triggers is not None:
            self._permit(pool, triggers)
        meanings = {**(service_scopes or {}), **settings.scopes}
        self.scopes = {scope: api_scope(scope) for scope in sorted(meanings)}
        self._groups(pool)
        clients = Clients(
            f"{name}-clients",
            settings=settings,
            user_pool_id=pool.id,
            scopes=self._declared(pool, meanings),
            host_names=dns.host_names,
            token_url=f"{self.sign_in_url}/oauth2/token",
            opts=self._inside,
        )
        self._log(pool)
        if settings.web_acl is not None:
            acl = RegionalWebAcl(
                name,
                WebAclArgs(settings=settings.web_acl, log_days=settings.log_days),
                opts=self._inside,
            )
            acl.protect_resource("pool", pool.arn)
        if settings.threat_protection != "none":
            ThreatProtection(
                f"{name}-threats",
                settings=settings,
                user_pool_id=pool.id,
                opts=self._inside,
            )
        customer_clients = {"web": clients.web_client_id}
        if clients.mobile_client_id is not None:
            customer_clients["mobile"] = clients.mobile_client_id
        for label, client_id in customer_clients.items():
            self._watch(label, pool.id, client_id)
        if settings.identity_pool:
            CustomerCredentials(
                f"{name}-credentials",
                provider_name=pool.endpoint,
                client_ids=list(customer_clients.values()),
                opts=self._inside,
            )
        self.user_pool_id = pool.id
        self.user_pool_arn = pool.arn
        self.issuer_url = pulumi.Output.concat("https://", pool.endpoint)
        self.web_client_id = clients.web_client_id
        self.mobile_client_id = clients.mobile_client_id
        self._publish()

    def _groups(self, pool: aws.cognito.UserPool) -> None:
        for group, about in self._settings.groups.items():
            aws.cognito.UserGroup(
                f"{self._name}-{group}",
                name=group,
                description=about.meaning,
                precedence=about.precedence,
                user_pool_id=pool.id,
                opts=self._inside,
            )

    def _declared(self, pool: aws.cognito.UserPool, meanings: Mapping[str, str]) -> dict[str, pulumi.Output[str]]:
        """Scopes once the pool has them: AWS refuses a client that names others."""
        if not meanings:
            return {}
        server = aws.cognito.ResourceServer(
            f"{self._name}-api",
            identifier=RESOURCE_SERVER,
            name="Web Store API",
            user_pool_id=pool.id,
            scopes=[{"scope_name": scope, "scope_description": meaning} for scope, meaning in sorted(meanings.items())],
            opts=self._inside,
        )
        return {scope: once_ready(name, server) for scope, name in self.scopes.items()}

    def _permit(self, pool: aws.cognito.UserPool, triggers: Triggers) -> None:
        for trigger, function_arn in triggers.given.items():
            aws.lambda_.Permission(
                f"{self._name}-{trigger.replace('_', '-')}",
                action="lambda:InvokeFunction",
                function=function_arn,
                principal="cognito-idp.amazonaws.com",
                source_account=self.foundation.account_id,
                source_arn=pool.arn,
                opts=self._inside,
            )

    def _log(self, pool: aws.cognito.UserPool) -> None:
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-events",
            # With this beginning the group needs no place in the account's policy of log writers, which is limited
            # (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
            name=in_stack(f"/aws/vendedlogs/{self._name}", limit=512),
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=self._settings.log_days,
            opts=self._inside,
        )
        # Undelivered messages; sign-ins with their risk come with threat protection
        # (https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html).
        events = {"userNotification": "ERROR"}
        if self._settings.threat_protection != "none":
            events["userAuthEvents"] = "INFO"
        aws.cognito.LogDeliveryConfiguration(
            f"{self._name}-events",
            user_pool_id=pool.id,
            log_configurations=[
                {
                    "event_source": source,
                    "log_level": level,
                    "cloud_watch_logs_configuration": {"log_group_arn": group.arn},
                }
                for source, level in events.items()
            ],
            opts=self._inside,
        )

    def _watch(self, client: str, pool_id: pulumi.Output[str], client_id: pulumi.Output[str]) -> None:
        # https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
        dimensions = {"UserPool": pool_id, "UserPoolClient": client_id}
        for label, metric, meaning in (
            ("sign-in", "SignInThrottles", "Customers cannot sign in"),
            ("sign-up", "SignUpThrottles", "Customers cannot sign up"),
            ("refresh", "TokenRefreshThrottles", "Customers are signed out"),
        ):
            alarm(
                f"{self._name}-{client}-{label}-throttled",
                metric=Metric(
                    namespace="AWS/Cognito", name=metric, dimensions=dimensions, statistic="Sum", period_seconds=300
                ),
                threshold=0,
                periods=Periods(breaching=2, evaluated=3),
                meaning=f"{meaning} ({client}): Cognito refuses requests beyond its quota.",
                todo="see if it is a sale or an attack; ask for a higher quota, or lower the web ACL's rate limit.",
                opts=self._inside,
            )
        alarm(
            f"{self._name}-{client}-sign-in-failures",
            metric=Metric(
                # 1 for a sign-in, 0 for one that failed, so the average is the share of those that worked.
                namespace="AWS/Cognito",
                name="SignInSuccesses",
                dimensions=dimensions,
                statistic="Average",
                period_seconds=300,
            ),
            when="below",
            threshold=1 - self._settings.failed_sign_ins_percent / 100,
            periods=Periods(breaching=3, evaluated=3),
            meaning=f"Most sign-ins fail ({client}): passwords are being guessed, or the application is broken.",
            todo="look at the web ACL's log for addresses that try many accounts, then at the last release.",
            opts=self._inside,
        )
