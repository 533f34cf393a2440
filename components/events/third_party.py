"""A third party as a target of events."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.policy_document import Statement, policy_document, trust_policy
from components.blocks.ready import once_ready
from settings.events import ApiKey, OAuthClient, SecretValue, ThirdParty

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
        settings: ThirdParty,
        bus_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        stack = aws.cloudformation.Stack(
            name,
            template_body=pulumi.Output.json_dumps(connection_template(settings, self.foundation.keys.secrets_key_arn)),
            on_failure="DELETE",
            opts=self._inside,
        )
        destination = aws.cloudwatch.EventApiDestination(
            name,
            description=f"Third party: {settings.kind}",
            invocation_endpoint=settings.endpoint,
            http_method=settings.method,
            invocation_rate_limit_per_second=settings.rate_limit_per_second,
            connection_arn=stack.outputs.apply(_connection_arn),
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
                Statement(sid="Call", actions=["events:InvokeApiDestination"], resources=[destination.arn])
            ),
            opts=self._inside,
        )
        self.destination_arn = destination.arn
        # After its policy: an event before that would be refused.
        self.role_arn = once_ready(role.arn, call)
        self._publish()


def connection_template(settings: ThirdParty, key_arn: pulumi.Input[str]) -> dict[str, Any]:
    """CloudFormation template of the connection, with dynamic references to secrets."""
    auth = settings.auth
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Credentials of a third party that the store's event bus calls",
        "Resources": {
            _CONNECTION: {
                "Type": "AWS::Events::Connection",
                "Properties": {
                    "AuthorizationType": "API_KEY" if isinstance(auth, ApiKey) else "OAUTH_CLIENT_CREDENTIALS",
                    "AuthParameters": _api_key(auth) if isinstance(auth, ApiKey) else _oauth(auth),
                    "KmsKeyIdentifier": key_arn,
                },
            }
        },
        "Outputs": {_CONNECTION: {"Value": {"Fn::GetAtt": [_CONNECTION, "Arn"]}}},
    }


def _api_key(auth: ApiKey) -> dict[str, Any]:
    return {"ApiKeyAuthParameters": {"ApiKeyName": auth.header, "ApiKeyValue": _reference(auth.secret)}}


def _oauth(auth: OAuthClient) -> dict[str, Any]:
    body = [{"Key": "grant_type", "Value": "client_credentials", "IsValueSecret": False}]
    if auth.scope:
        body.append({"Key": "scope", "Value": auth.scope, "IsValueSecret": False})
    return {
        "OAuthParameters": {
            "AuthorizationEndpoint": auth.token_endpoint,
            "HttpMethod": "POST",
            "ClientParameters": {"ClientID": auth.client_id, "ClientSecret": _reference(auth.secret)},
            "OAuthHttpParameters": {"BodyParameters": body},
        }
    }


def _reference(secret: SecretValue) -> str:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html"""
    version = f"::{secret.version_id}" if secret.version_id else ""
    return f"{{{{resolve:secretsmanager:{secret.arn}:SecretString:{secret.json_key}{version}}}}}"


def request_template(fields: dict[str, str]) -> aws.cloudwatch.EventTargetInputTransformerArgs:
    """JSON body of the request: the declared fields, the event's id and time.

    EventBridge quotes texts, not numbers and lists
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html).
    """
    paths = {"eventId": "$.detail.event_id", "eventTime": "$.time"}
    paths |= {key: f"$.detail.{path}" for key, path in fields.items()}
    body = ", ".join(f"{json.dumps(key)}: <{key}>" for key in sorted(paths))
    return aws.cloudwatch.EventTargetInputTransformerArgs(input_paths=paths, input_template=f"{{{body}}}")


def _connection_arn(outputs: Mapping[str, str]) -> str:
    """The template's output.

    Raises:
        pulumi.RunError: the CloudFormation stack has no such output.
    """
    if _CONNECTION not in outputs:
        raise pulumi.RunError(
            f"the CloudFormation stack of the connection must have the output {_CONNECTION}, and has only"
            f" {sorted(outputs)}: its template was changed outside this program; update the stack, or delete it and"
            " deploy again"
        )
    return outputs[_CONNECTION]
