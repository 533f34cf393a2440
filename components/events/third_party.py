"""A third party as a target of events."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.cloudformation import CloudFormation
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.ready import once_ready
from settings.problems import PROJECT
from settings.third_parties import ApiKey, EventCalls, OAuthClient, SecretValue, secret_name_of

_CONNECTION = "Connection"


class Destination(StoreComponent):
    """API destination of a third party: endpoint, rate limit, credentials, and the role with which rules call it.

    CloudFormation passes the credentials from Secrets Manager to EventBridge, as AWS recommends
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-apidestination.html):
    the provider's own connection would keep their value in the stack's state. The deploying role needs
    `secretsmanager:GetSecretValue` on the secret.
    """

    TYPE = "webstore:events:Destination"
    OUTPUTS = ("destination_arn", "role_arn")
    destination_arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        kind: str,
        enabled: bool,
        settings: EventCalls,
        secret_arn: pulumi.Input[str],
        bus_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            enabled: Without it the role of the rules may call nothing.
        """
        super().__init__(name, opts)
        stack = CloudFormation(
            name,
            {_CONNECTION: connection(settings, secret_arn, self.foundation.keys.secrets_key_arn)},
            about="Credentials of a third party that the store's event bus calls",
            outputs={_CONNECTION: (_CONNECTION, "Arn")},
            opts=self._inside,
        )
        destination = aws.cloudwatch.EventApiDestination(
            name,
            description=f"Third party: {kind}",
            invocation_endpoint=settings.endpoint,
            http_method=settings.method,
            invocation_rate_limit_per_second=settings.rate_limit_per_second,
            connection_arn=stack.output(_CONNECTION),
            opts=self._inside,
        )
        account_id, region = self.foundation.account_id, self.foundation.region
        role = aws.iam.Role(
            name,
            description="Lets rules of the event bus call a third party",
            assume_role_policy=trust_policy(
                "events.amazonaws.com",
                account_id=account_id,
                source_arn=pulumi.Output.concat(f"arn:aws:events:{region}:{account_id}:rule/", bus_name, "/*"),
            ),
            opts=self._inside,
        )
        call = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=policy_document(
                Statement(
                    sid="Call",
                    # What its rules matched before is repeated for hours after they are disabled.
                    effect="Allow" if enabled else "Deny",
                    actions=["events:InvokeApiDestination"],
                    resources=[destination.arn],
                )
            ),
            opts=self._inside,
        )
        self.destination_arn = destination.arn
        # After its policy: an event before that would be refused.
        self.role_arn = once_ready(role.arn, call)
        self._publish()


class Credentials(StoreComponent):
    """Empty secret for a third party's credentials, closed to other accounts. Its value is set outside the program, so
    that no state holds it."""

    TYPE = "webstore:events:Credentials"
    OUTPUTS = ("secret_arn",)
    secret_arn: pulumi.Output[str]

    def __init__(
        self, name: str, *, party: str, settings: EventCalls, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        secret_name = secret_name_of(pulumi.get_stack(), party)
        secret = aws.secretsmanager.Secret(
            name,
            name=secret_name,
            description=f"Credentials of the third party {party}, under the key {settings.auth.secret.json_key}",
            kms_key_id=self.foundation.keys.secrets_key_arn,
            recovery_window_in_days=30 if self.foundation.environment.protect else 0,
            opts=self._inside,
        )
        policy = aws.secretsmanager.SecretPolicy(
            name,
            secret_arn=secret.arn,
            block_public_policy=True,
            policy=policy_document(
                Statement(
                    sid="DenyOtherAccounts",
                    effect="Deny",
                    anyone=True,
                    actions=["secretsmanager:*"],
                    resources=["*"],
                    conditions={"StringNotEquals": {"aws:PrincipalAccount": self.foundation.account_id}},
                )
            ),
            opts=self._inside,
        )
        self.secret_arn = once_ready(secret.arn, policy)
        if settings.auth.secret.awaited:
            pulumi.warn(_how_to_set(secret_name, party, settings.auth.secret.json_key), resource=self)
        self._publish()


def _how_to_set(secret_name: str, party: str, json_key: str) -> str:
    return (
        f"third party {party} receives nothing until its secret has a value: write the value into a file as"
        f' {{"{json_key}": "..."}}, run `aws secretsmanager put-secret-value --secret-id {secret_name} --secret-string'
        f" file://<file>`, then `pulumi config set --path"
        f" '{PROJECT}:third_parties.parties.{party}.events.auth.secret.version_id' <VersionId that it prints>` and"
        " update. The archive keeps the events of the meantime."
    )


def connection(settings: EventCalls, secret_arn: pulumi.Input[str], key_arn: pulumi.Input[str]) -> dict[str, Any]:
    """Resource of a template: the connection, with dynamic references to secrets."""
    auth = settings.auth
    secret = _reference(secret_arn, auth.secret)
    return {
        "Type": "AWS::Events::Connection",
        "Properties": {
            "AuthorizationType": "API_KEY" if isinstance(auth, ApiKey) else "OAUTH_CLIENT_CREDENTIALS",
            "AuthParameters": _api_key(auth, secret) if isinstance(auth, ApiKey) else _oauth(auth, secret),
            "KmsKeyIdentifier": key_arn,
        },
    }


def _api_key(auth: ApiKey, secret: pulumi.Output[str]) -> dict[str, Any]:
    return {"ApiKeyAuthParameters": {"ApiKeyName": auth.header, "ApiKeyValue": secret}}


def _oauth(auth: OAuthClient, secret: pulumi.Output[str]) -> dict[str, Any]:
    body = [{"Key": "grant_type", "Value": "client_credentials", "IsValueSecret": False}]
    if auth.scope:
        body.append({"Key": "scope", "Value": auth.scope, "IsValueSecret": False})
    return {
        "OAuthParameters": {
            "AuthorizationEndpoint": auth.token_endpoint,
            "HttpMethod": "POST",
            "ClientParameters": {"ClientID": auth.client_id, "ClientSecret": secret},
            "OAuthHttpParameters": {"BodyParameters": body},
        }
    }


def _reference(arn: pulumi.Input[str], secret: SecretValue) -> pulumi.Output[str]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html"""
    version = f"::{secret.version_id}" if secret.version_id else ""
    return pulumi.Output.concat("{{resolve:secretsmanager:", arn, f":SecretString:{secret.json_key}{version}", "}}")


def request_template(fields: dict[str, str]) -> aws.cloudwatch.EventTargetInputTransformerArgs:
    """JSON body of the request: the declared fields, the event's id and time.

    EventBridge quotes texts, not numbers and lists
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html).
    """
    paths = {"eventId": "$.detail.event_id", "eventTime": "$.time"}
    paths |= {key: f"$.detail.{path}" for key, path in fields.items()}
    body = ", ".join(f"{json.dumps(key)}: <{key}>" for key in sorted(paths))
    return aws.cloudwatch.EventTargetInputTransformerArgs(input_paths=paths, input_template=f"{{{body}}}")
