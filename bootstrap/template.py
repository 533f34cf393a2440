"""The CloudFormation template of one environment's bucket, key and role."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap import preview
from doctor.policy import policies
from doctor.program import DoctorError, Program

# Bytes of a template that is sent in the request
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
TEMPLATE_BYTES = 51_200
ISSUER = "token.actions.githubusercontent.com"
# A first update waits for certificates, caches and brokers; the workflow `deploy` asks for as much.
_SESSION_SECONDS = 4 * 3600
_OLD_STATES_DAYS = 365
# What outlives its stack, unless it was made by an update that failed
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html).
_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


@dataclass(frozen=True)
class Repository:
    """GitHub repository whose workflows deploy."""

    name: str
    """`owner/name`."""
    makes_provider: bool
    """The account has no OIDC provider of GitHub's yet, or this stack has made it."""


def template(program: Program, repository: Repository | None) -> dict[str, Any]:
    """Resources and outputs; without a repository only bucket and key.

    Raises:
        DoctorError: the template is larger than CloudFormation takes.
    """
    resources = {**_key(program), **_bucket()}
    outputs: dict[str, Any] = {
        "BackendUrl": {"Value": {"Fn::Sub": "s3://${State}?region=${AWS::Region}&awssdk=v2"}},
        "SecretsProvider": {"Value": {"Fn::Sub": "awskms:///${Key.Arn}?region=${AWS::Region}"}},
    }
    if repository:
        resources |= _deployer(program, repository)
        outputs |= {role: {"Value": {"Fn::GetAtt": [role, "Arn"]}} for role in ("DeployRole", "PreviewRole")}
    made = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Pulumi's state, its key and the deployer of the web store, stack {program.stack}",
        "Resources": resources,
        "Outputs": outputs,
    }
    length = len(text(made).encode())
    if length > TEMPLATE_BYTES:
        raise DoctorError(
            f"the template must have {TEMPLATE_BYTES} bytes at most, as CloudFormation demands, and has {length}: give "
            "no repository, and make the role from `make deploy-policy`"
        )
    return made


def text(made: Mapping[str, Any]) -> str:
    """The template as it is sent."""
    return json.dumps(made, separators=(",", ":"))


def _key(program: Program) -> dict[str, Any]:
    return {
        "Key": {
            "Type": "AWS::KMS::Key",
            **_KEPT,
            "Properties": {
                "Description": "Pulumi's state, and the secrets in it and in the stack file",
                "EnableKeyRotation": True,
                "PendingWindowInDays": 30,
                # IAM policies of the account decide
                # (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
                "KeyPolicy": _document(
                    {
                        "Sid": "Account",
                        "Effect": "Allow",
                        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                ),
            },
        },
        "KeyAlias": {
            "Type": "AWS::KMS::Alias",
            "Properties": {
                "AliasName": f"alias/web-store-{program.settings.environment.name}-pulumi",
                "TargetKeyId": {"Ref": "Key"},
            },
        },
    }


def _bucket() -> dict[str, Any]:
    """CloudFormation makes up its name, so that nobody can have taken it before."""
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]}}
    return {
        "State": {
            "Type": "AWS::S3::Bucket",
            **_KEPT,
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": key, "BucketKeyEnabled": True}
                    ]
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                "PublicAccessBlockConfiguration": dict.fromkeys(blocked, True),
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "Id": "old-states",
                            "Status": "Enabled",
                            "NoncurrentVersionExpiration": {"NoncurrentDays": _OLD_STATES_DAYS},
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                        }
                    ]
                },
            },
        },
        "StatePolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "State"},
                "PolicyDocument": _document(
                    _denied("OnlyTls", {"Bool": {"aws:SecureTransport": "false"}}),
                    _denied("OnlyTls12", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
                ),
            },
        },
    }


def _denied(sid: str, condition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": ["State", "Arn"]}, {"Fn::Sub": "${State.Arn}/*"}],
        "Condition": condition,
    }


def _deployer(program: Program, repository: Repository) -> dict[str, Any]:
    """The roles of the workflow `deploy`: one deploys, with the policies of `make deploy-policy`, one previews."""
    resources: dict[str, Any] = {}
    if repository.makes_provider:
        resources["GitHub"] = {
            "Type": "AWS::IAM::OIDCProvider",
            # Other environments of the account use it, too.
            **_KEPT,
            "Properties": {"Url": f"https://{ISSUER}", "ClientIdList": ["sts.amazonaws.com"]},
        }
    for number, policy in enumerate(policies(program), 1):
        resources[f"Deploy{number}"] = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"ManagedPolicyName": policy.name, "PolicyDocument": policy.document},
        }
    attached = [{"Ref": name} for name in resources if name.startswith("Deploy")]
    resources["DeployRole"] = _role(
        program,
        repository,
        label="deploy",
        github_environment=program.stack,
        MaxSessionDuration=_SESSION_SECONDS,
        ManagedPolicyArns=attached,
        Policies=[{"PolicyName": "state", "PolicyDocument": _document(*_on_state())}],
    )
    # Nobody approves its jobs, so it reads only.
    resources["PreviewRole"] = _role(
        program,
        repository,
        label="preview",
        github_environment=f"{program.stack}-preview",
        Policies=[{"PolicyName": "look", "PolicyDocument": _document(*_of_a_preview())}],
    )
    return resources


def _role(
    program: Program, repository: Repository, *, label: str, github_environment: str, **properties: Any
) -> dict[str, Any]:
    """Jobs of one GitHub environment assume it, and nobody else.

    https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
    """
    subject = f"repo:{repository.name}:environment:{github_environment}"
    who = {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
    trust = {
        "Effect": "Allow",
        "Principal": {
            "Federated": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{ISSUER}"}
        },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": who},
    }
    return {
        "Type": "AWS::IAM::Role",
        **({"DependsOn": "GitHub"} if repository.makes_provider else {}),
        "Properties": {
            "RoleName": f"web-store-{program.settings.environment.name}-{label}",
            "Description": f"Jobs of the GitHub environment {github_environment} of {repository.name}",
            "AssumeRolePolicyDocument": _document(trust),
            **properties,
        },
    }


def _on_state() -> list[dict[str, Any]]:
    """https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3"""
    bucket, key = {"Fn::GetAtt": ["State", "Arn"]}, {"Fn::GetAtt": ["Key", "Arn"]}
    return [
        _allowed("Objects", ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], {"Fn::Sub": "${State.Arn}/.pulumi/*"}),
        _allowed("Bucket", ["s3:GetBucketLocation", "s3:ListBucket"], bucket),
        _allowed("Key", ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], key),
    ]


def _of_a_preview() -> list[dict[str, Any]]:
    bucket, key = {"Fn::GetAtt": ["State", "Arn"]}, {"Fn::GetAtt": ["Key", "Arn"]}
    return [
        _allowed("Objects", ["s3:GetObject"], {"Fn::Sub": "${State.Arn}/.pulumi/*"}),
        _allowed("Bucket", ["s3:GetBucketLocation", "s3:ListBucket"], bucket),
        _allowed("Key", ["kms:Decrypt", "kms:DescribeKey"], key),
        _allowed("Look", preview.actions(), "*"),
    ]


def _allowed(sid: str, actions: Sequence[str], resource: Mapping[str, Any] | str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


def _document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
