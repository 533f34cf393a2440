"""Identity: customers' accounts, the applications that sign them in, and scopes of tokens."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.alarm import Periods, alarm
from components.blocks.naming import in_stack
from components.blocks.policy_document import Statement, policy_document
from components.blocks.ready import once_ready
from components.blocks.web_acl import Clients as WebAclClients
from components.blocks.web_acl import RegionalWebAcl, WebAclArgs
from components.dns import Dns
from components.foundation import Foundation
from components.identity.clients import Clients
from components.identity.credentials import CustomerCredentials
from components.identity.mail import Mail
from components.identity.names import RESOURCE_SERVER, api_scope, sign_in_host
from components.identity.pool import Sender, Triggers, pool_args
from components.identity.threats import ThreatProtection
from components.metric import Metric
from components.network import Network
from settings.identity import IdentitySettings
from settings.senders import SesSender

__all__ = ["Identity", "Triggers"]


class Identity(StoreComponent):
    """Point 2 of the guidance: a Cognito user pool with all its parts except the sign-in pages (`SignIn`).

    Web and mobile clients are public and use the code flow with PKCE; machines have clients with a secret. Groups
    describe users, scopes what an application may do; routes of the API require scopes.

    A change of the sign-in attribute or the required attributes replaces the user pool, and all accounts are lost. The
    settings refuse such a change until `accounts.confirmed_choice` repeats it, and Pulumi and AWS refuse it with
    `protect`. `ignore_changes` would only hide it until the next replacement.

    Billed by active users and tier (https://aws.amazon.com/cognito/pricing/), and by the web ACL.
    """

    TYPE = "webstore:identity:Identity"
    DASHBOARD = "identity"
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
    """Issuer of the tokens; its keys are at `/.well-known/jwks.json`."""
    sign_in_url: str
    """URL of the sign-in pages."""
    scopes: Mapping[str, str]
    """Name of a scope to its form in tokens and authorizers: `orders.read` to `store/orders.read`."""
    web_client_id: pulumi.Output[str]
    mobile_client_id: pulumi.Output[str] | None
    sender: Sender | None
    """Sender of e-mail in SES; None without one. Who sends the messages of accounts is `accounts_by_ses`."""
    store_url: str
    """URL of the store, whose customers these are."""

    def __init__(
        self,
        name: str,
        *,
        settings: IdentitySettings,
        foundation: Foundation,
        dns: Dns,
        network: Network,
        triggers: Triggers | None = None,
        service_scopes: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            triggers: Functions that Cognito invokes.
            service_scopes: Name to meaning of the services' scopes, beside `identity.scopes`.
        """
        super().__init__(name, opts, foundation=foundation)
        self._settings = settings
        protect = foundation.environment.protect
        host = sign_in_host(settings, foundation.environment, dns.host_names["store"])
        self.sign_in_url = f"https://{host}"
        self.sender, self.store_url = self._sender(dns), dns.url
        pool = aws.cognito.UserPool(
            name,
            pool_args(settings, sender=self._account_sender, relying_party=host, triggers=triggers, protect=protect),
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
        sign_in_web_acl = settings.sign_in_web_acl
        if sign_in_web_acl is not None:
            acl = RegionalWebAcl(
                name,
                WebAclArgs(
                    settings=sign_in_web_acl,
                    # The web tier fetches and renews the tokens of all customers.
                    clients=WebAclClients(uncounted_addresses=network.nat_addresses),
                    log_days=settings.log_days,
                ),
                opts=self._inside,
            )
            acl.protect_resource("pool", pool.arn)
        self._detect_threats(pool)
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

    @property
    def _account_sender(self) -> Sender | None:
        """Sender of codes and warnings in SES; None for Cognito's own."""
        return self.sender if self._settings.accounts_by_ses else None

    def grant_delete_accounts(self, role: aws.iam.Role) -> aws.iam.RolePolicy:
        """Let `role` delete accounts of this user pool."""
        return aws.iam.RolePolicy(
            f"{self._name}-accounts-delete-by-{role.pulumi_resource_name}",
            role=role.name,
            policy=policy_document(
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
                Statement(sid="Accounts", actions=["cognito-idp:AdminDeleteUser"], resources=[self.user_pool_arn])
            ),
            opts=self._inside,
        )

    def _sender(self, dns: Dns) -> Sender | None:
        """The sender in SES, made here unless somebody else has made it; None for Cognito's own."""
        email = self._settings.email
        if not isinstance(email, SesSender):
            return None
        arn: pulumi.Input[str] | None = email.identity_arn
        configuration_set: pulumi.Input[str] | None = email.configuration_set
        if arn is None:
            mail = Mail(f"{self._name}-mail", settings=email, dns=dns, opts=self._inside)
            arn, configuration_set = mail.identity_arn, configuration_set or mail.configuration_set
        return Sender(
            identity_arn=arn,
            configuration_set=configuration_set,
            name=email.from_name,
            address=email.from_address,
            reply_to=email.reply_to or email.from_address,
        )

    def _detect_threats(self, pool: aws.cognito.UserPool) -> None:
        if self._settings.threat_protection != "none":
            ThreatProtection(
                f"{self._name}-threats",
                settings=self._settings,
                sender=self._account_sender,
                user_pool_id=pool.id,
                opts=self._inside,
            )

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
        """Scopes, known once the pool has them: AWS refuses a client with other scopes."""
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
            # Log groups with this prefix need no entry in the account's CloudWatch Logs resource policy, whose size is
            # limited (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html).
            name=in_stack(f"/aws/vendedlogs/{self._name}", limit=512),
            kms_key_id=self.foundation.keys.logs_key_arn,
            retention_in_days=self._settings.log_days,
            opts=self._inside,
        )
        # Undelivered messages; with threat protection also sign-ins with their risk
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
            ("sign-in", "SignInThrottles", "Some customers cannot sign in"),
            ("sign-up", "SignUpThrottles", "Some customers cannot sign up"),
            ("refresh", "TokenRefreshThrottles", "Some customers are signed out"),
        ):
            alarm(
                f"{self._name}-{client}-{label}-throttled",
                metric=Metric(
                    namespace="AWS/Cognito", name=metric, dimensions=dimensions, statistic="Sum", period_seconds=300
                ),
                threshold=0,
                periods=Periods(breaching=2, evaluated=3),
                meaning=f"{meaning} ({client} client): Cognito throttles requests above its quota.",
                todo="compare sign-ins with the web ACL's log: request a higher quota for real customers, or lower the"
                " limit of `identity.web_acl.rate_limits` against an attack.",
                opts=self._inside,
            )
        alarm(
            f"{self._name}-{client}-sign-in-failures",
            metric=Metric(
                # 1 for a successful sign-in and 0 for a failed one, so the average is the share of successes.
                namespace="AWS/Cognito",
                name="SignInSuccesses",
                dimensions=dimensions,
                statistic="Average",
                period_seconds=300,
            ),
            when="below",
            threshold=1 - self._settings.failed_sign_ins_percent / 100,
            periods=Periods(breaching=3, evaluated=3),
            meaning=f"More than {self._settings.failed_sign_ins_percent}% of sign-ins fail ({client} client): an"
            " attacker guesses passwords, or the application is broken.",
            todo="look for addresses that try many accounts in the web ACL's log, then at the application's last"
            " release.",
            opts=self._inside,
        )
