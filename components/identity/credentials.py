"""AWS credentials for signed-in customers."""

import pulumi
import pulumi_aws as aws

from components.base import StoreComponent
from components.blocks.naming import in_stack


class CustomerCredentials(StoreComponent):
    """Identity pool that gives only signed-in customers the credentials of one role.

    The role has no permissions until the owner of a resource grants them.
    """

    TYPE = "webstore:identity:CustomerCredentials"

    def __init__(
        self,
        name: str,
        *,
        provider_name: pulumi.Input[str],
        client_ids: list[pulumi.Output[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """
        Args:
            provider_name: User pool as identity provider, `cognito-idp.<region>.amazonaws.com/<id>`.
            client_ids: Clients whose tokens the pool accepts.
        """
        super().__init__(name, opts)
        pool = aws.cognito.IdentityPool(
            name,
            identity_pool_name=in_stack(name, limit=128),
            allow_unauthenticated_identities=False,
            # The classic flow lacks the scope-down policy of the enhanced flow
            # (https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html).
            allow_classic_flow=False,
            cognito_identity_providers=[
                {"client_id": client_id, "provider_name": provider_name, "server_side_token_check": True}
                for client_id in client_ids
            ],
            opts=self._inside,
        )
        role = aws.iam.Role(
            name,
            description="Signed-in customers",
            # https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html
            assume_role_policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "SignedInCustomersOfThisPool",
                            "Effect": "Allow",
                            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                            "Action": "sts:AssumeRoleWithWebIdentity",
                            "Condition": {
                                "StringEquals": {"cognito-identity.amazonaws.com:aud": pool.id},
                                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
                            },
                        }
                    ],
                }
            ),
            opts=self._inside,
        )
        aws.cognito.IdentityPoolRoleAttachment(
            name, identity_pool_id=pool.id, roles={"authenticated": role.arn}, opts=self._inside
        )
        self._publish()
