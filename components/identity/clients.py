"""App clients of web and mobile applications, and of machines."""

from collections.abc import Iterable, Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from settings.clients import MachineClient, MobileClient, WebClient
from settings.identity import IdentitySettings

# Without `aws.cognito.signin.user.admin`, whose tokens can change the customer's second factors
# (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html).
_PROFILE_SCOPES = ("email", "openid", "profile")
_VERIFIED = ("email_verified",)


class Clients(StoreComponent):
    """Web and mobile clients without a secret, and a client for each machine with its secret in Secrets Manager."""

    TYPE = "webstore:identity:Clients"
    OUTPUTS = ("web_client_id", "mobile_client_id")
    web_client_id: pulumi.Output[str]
    mobile_client_id: pulumi.Output[str] | None

    def __init__(
        self,
        name: str,
        *,
        settings: IdentitySettings,
        user_pool_id: pulumi.Input[str],
        scopes: Mapping[str, pulumi.Input[str]],
        host_names: Mapping[str, str],
        token_url: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            scopes: Scopes of the API by name, known once the user pool has them.
            token_url: Token endpoint for machines.
        """
        super().__init__(name, opts)
        self._settings, self._user_pool_id = settings, user_pool_id
        self._scope_names, self._token_url = scopes, token_url
        web, mobile = settings.web, settings.mobile
        hosts = host_names.values()
        self.web_client_id = self._for_customers(
            "web",
            web,
            callback_urls=[*_urls(hosts, web.callback_paths), *web.extra_urls],
            logout_urls=[*_urls(hosts, web.logout_paths), *web.extra_urls],
        ).id
        self.mobile_client_id = (
            None
            if mobile is None
            else self._for_customers(
                "mobile", mobile, callback_urls=mobile.callback_urls, logout_urls=mobile.logout_urls
            ).id
        )
        for label, machine in settings.machines.items():
            self._keep_secret(label, self._for_machine(label, machine))
        self._publish()

    def _for_customers(
        self, label: str, client: WebClient | MobileClient, *, callback_urls: Sequence[str], logout_urls: Sequence[str]
    ) -> aws.cognito.UserPoolClient:
        settings = self._settings
        own = [f"custom:{name}" for name, attribute in settings.custom_attributes.items() if attribute.customers_read]
        return aws.cognito.UserPoolClient(
            f"{self._name}-{label}",
            user_pool_id=self._user_pool_id,
            # Browsers and phones cannot keep a secret; PKCE replaces it
            # (https://docs.aws.amazon.com/cognito/latest/developerguide/using-pkce-in-authorization-code.html).
            generate_secret=False,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["code"],
            allowed_oauth_scopes=[*_PROFILE_SCOPES, *self._scopes(client)],
            callback_urls=sorted(set(callback_urls)),
            logout_urls=sorted(set(logout_urls)),
            supported_identity_providers=["COGNITO"],
            # Without ALLOW_REFRESH_TOKEN_AUTH, which AWS refuses together with rotation
            # (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html).
            explicit_auth_flows=[*(["ALLOW_USER_AUTH"] if settings.passkeys else []), "ALLOW_USER_SRP_AUTH"],
            auth_session_validity=5,
            access_token_validity=client.access_minutes,
            id_token_validity=client.access_minutes,
            refresh_token_validity=client.refresh_days,
            token_validity_units={"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"},
            # For retries of requests whose response was lost.
            refresh_token_rotation={"feature": "ENABLED", "retry_grace_period_seconds": 30},
            enable_token_revocation=True,
            prevent_user_existence_errors="ENABLED",
            read_attributes=sorted({*settings.profile_attributes, *_VERIFIED, *own}),
            write_attributes=sorted(set(settings.profile_attributes)),
            opts=self._inside,
        )

    def _for_machine(self, label: str, client: MachineClient) -> aws.cognito.UserPoolClient:
        return aws.cognito.UserPoolClient(
            f"{self._name}-machine-{label}",
            user_pool_id=self._user_pool_id,
            generate_secret=True,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["client_credentials"],
            allowed_oauth_scopes=self._scopes(client),
            # AWS's default lets customers sign in through this client; a refresh token alone cannot.
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            access_token_validity=client.access_minutes,
            token_validity_units={"access_token": "minutes"},
            enable_token_revocation=True,
            prevent_user_existence_errors="ENABLED",
            opts=self._inside,
        )

    def _scopes(self, client: WebClient | MobileClient | MachineClient) -> list[pulumi.Input[str]]:
        return [self._scope_names[name] for name in sorted(client.scopes)]

    def _keep_secret(self, label: str, client: aws.cognito.UserPoolClient) -> None:
        name = f"{self._name}-machine-{label}"
        secret = aws.secretsmanager.Secret(
            name,
            description=f"Client of the user pool for {label}: id, secret, and where its tokens come from",
            kms_key_id=self.foundation.keys.secrets_key_arn,
            recovery_window_in_days=30 if self.foundation.environment.protect else 0,
            opts=self._inside,
        )
        aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(
                pulumi.Output.json_dumps(
                    {
                        "client_id": client.id,
                        "client_secret": client.client_secret,
                        "token_url": self._token_url,
                    }
                )
            ),
            opts=self._inside,
        )


def _urls(hosts: Iterable[str], paths: Sequence[str]) -> list[str]:
    return [f"https://{host}{path}" for host in hosts for path in paths]
