"""The same faults in other words, and what only looks like a fault: as other teams write their programs."""

import json

from tests.policies.cases.encryption import BUCKET, cache, domain, efs, msk, table
from tests.policies.cases.exposure import function, guarded, permission, task, under
from tests.policies.cases.identities import client
from tests.policies.cases.permissions import allow, inline, trust
from tests.policies.cases.waf import (
    acl,
    association,
    balancer,
    bucket_policy,
    distribution,
    group,
    listener,
)
from tests.policies.cases.waf import (
    guarded as behind,
)
from tests.policies.support import CULPRIT, UNKNOWN, Cases, policy, res

_OPEN = group("open", [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}])
_AWS_KEY = "arn:aws:kms:eu-west-1:111111111111:alias/aws/"
_EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "es:*", "Resource": "*"}
_POOLS = {"Federated": "cognito-identity.amazonaws.com"}
_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_V2_KEY = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:eu-west-1:111111111111:key/0f5a"}
_JWT = {"jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt"}}}
_SIGNED = {"sigv4": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}}
_LOGS = res("s3/bucket:Bucket", CULPRIT, {"bucket": "balancer-logs"})
_ABORT = {"abortIncompleteMultipartUploadDays": 7}
_MACHINE = {"allowedOauthFlows": ["client_credentials"], "preventUserExistenceErrors": None}
_KEYED = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}


def several(*conditions):
    """A statement for everybody under several conditions at once."""
    found = {}
    for operator, key, value in conditions:
        found.setdefault(operator, {})[key] = value
    return {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": found}


def v2(**rule):
    return res("s3/bucketV2:BucketV2", CULPRIT, {"serverSideEncryptionConfigurations": [{"rules": [rule]}]})


def rest(body, **props):
    text = body if isinstance(body, str) else json.dumps(body)
    return res("apigateway/restApi:RestApi", CULPRIT, {"body": text, **props})


def described(operation, schemes=None, **document):
    return {
        "openapi": "3.0.1",
        "components": {"securitySchemes": schemes or {}},
        "paths": {"/orders": {"post": operation, "options": {}}},
        **document,
    }


def prefix_list(*cidrs):
    return res("ec2/managedPrefixList:ManagedPrefixList", CULPRIT, {"entries": [{"cidr": cidr} for cidr in cidrs]})


def collections(text):
    kind = "opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
    return res(kind, CULPRIT, {"type": "network", "policy": text})


def entry(**changes):
    return {"ruleNo": 100, "action": "allow", "protocol": "tcp", "cidrBlock": "0.0.0.0/0", **changes}


def network_acl(*entries):
    return res("ec2/networkAcl:NetworkAcl", CULPRIT, {"ingress": list(entries)})


def one_entry(**ports):
    props = {"ruleAction": "allow", "protocol": "6", "cidrBlock": "0.0.0.0/0", **ports}
    return res("ec2/networkAclRule:NetworkAclRule", CULPRIT, props)


def attached_acl(balancer_):
    return [acl("acl"), association(acl("acl"), balancer_)]


def origin_of(*balancers):
    items = [{"originId": "web", "domainName": UNKNOWN, "customOriginConfig": {"originProtocolPolicy": "https-only"}}]
    return distribution("edge", {"origins": items}, refers={"origins": list(balancers)})


def named(**props):
    return res("s3/bucket:Bucket", CULPRIT, {"bucket": "media", **props})


def mounted(statement):
    return [
        res("efs/fileSystem:FileSystem", CULPRIT),
        res(
            "efs/fileSystemPolicy:FileSystemPolicy",
            "policy",
            {"fileSystemId": UNKNOWN, "policy": policy(statement)},
            refers={"fileSystemId": ["urn:pulumi:test::project::aws:efs/fileSystem:FileSystem::culprit"]},
        ),
    ]


CASES = {
    "iam-policy-no-service-wildcard": Cases(
        good={"denied": [inline({"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})]},
        bad={
            "everything on one bucket": [allow("*", "arn:aws:s3:::media/*")],
            "capitals": [allow("S3:*", "arn:aws:s3:::media/*")],
        },
    ),
    "iam-policy-scoped-resources": Cases(
        good={
            "one bucket": [allow("s3:GetObject", "arn:aws:s3:::media/*")],
            "versions of one function": [
                allow("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:1:function:orders:*")
            ],
            "names that begin alike": [allow("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:orders-*")],
        },
        bad={
            "every bucket": [allow("s3:GetObject", "arn:aws:s3:::*/*")],
            "every table": [allow("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/*")],
            "every queue of the account": [allow("SQS:sendMessage", "arn:aws:sqs:eu-west-1:1:*")],
        },
    ),
    "iam-role-no-broad-managed-policy": Cases(
        good={
            "own policy of a user": [
                res("iam/userPolicyAttachment:UserPolicyAttachment", CULPRIT, {"policyArn": UNKNOWN})
            ]
        },
        bad={
            "of a user": [
                res(
                    "iam/userPolicyAttachment:UserPolicyAttachment",
                    CULPRIT,
                    {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
                )
            ]
        },
    ),
    "iam-role-trust-bounded": Cases(
        good={
            "one identity pool": [
                trust(
                    Principal=_POOLS,
                    Action="sts:AssumeRoleWithWebIdentity",
                    Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1f2e"}},
                )
            ]
        },
        bad={"every identity pool": [trust(Principal=_POOLS, Action="sts:AssumeRoleWithWebIdentity")]},
    ),
    "aws-resource-policy-not-public": Cases(
        good={
            "search inside the VPC": [
                res(
                    "opensearch/domain:Domain",
                    CULPRIT,
                    {"accessPolicies": policy(_EVERYBODY), "vpcOptions": {"subnetIds": [UNKNOWN]}},
                )
            ],
            "one bound among others": [
                guarded(
                    several(
                        ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
                        ("StringEquals", "aws:SourceVpce", "vpce-1"),
                    )
                )
            ],
            "one bucket of any account": [guarded(under("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:media"))],
            "a layer for the organisation": [
                res(
                    "lambda/layerVersionPermission:LayerVersionPermission",
                    CULPRIT,
                    {"principal": "*", "organizationId": "o-1"},
                )
            ],
        },
        bad={
            "every bucket": [guarded(under("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"))],
            "topics of any account": [guarded(under("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*"))],
            "roles of any account": [guarded(under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"))],
            "half of the internet": [guarded(under("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]))],
            "absence of a key": [guarded(under("Null", "aws:SourceVpce", "true"))],
            "all but one address": [guarded(under("NotIpAddress", "aws:SourceIp", "192.0.2.1/32"))],
            "a layer": [res("lambda/layerVersionPermission:LayerVersionPermission", CULPRIT, {"principal": "*"})],
            "a bus": [res("cloudwatch/eventPermission:EventPermission", CULPRIT, {"principal": "*"})],
            "a stream": [guarded(_EVERYBODY, "kinesis/resourcePolicy:ResourcePolicy")],
            "events": [guarded(_EVERYBODY, "cloudwatch/eventBusPolicy:EventBusPolicy")],
            "logs": [guarded(_EVERYBODY, "cloudwatch/logResourcePolicy:LogResourcePolicy", "policyDocument")],
            "a registry": [guarded(_EVERYBODY, "ecr/registryPolicy:RegistryPolicy")],
            "search": [guarded(_EVERYBODY, "opensearch/domainPolicy:DomainPolicy", "accessPolicies")],
            "an access point": [guarded(_EVERYBODY, "s3control/accessPointPolicy:AccessPointPolicy")],
        },
    ),
    "lambda-permission-bounded": Cases(
        good={"API of this account": [permission(principal="apigateway.amazonaws.com", sourceArn=UNKNOWN)]},
        bad={
            "any source": [permission(principal="s3.amazonaws.com", sourceArn="*")],
            "any API": [permission(principal="apigateway.amazonaws.com", sourceArn="arn:aws:execute-api:*:*:*")],
        },
    ),
    "elasticache-cache-encryption-at-rest": Cases(
        good={}, bad={"key of AWS": [cache({"kmsKeyId": f"{_AWS_KEY}elasticache"})]}
    ),
    "efs-file-system-customer-key": Cases(
        good={}, bad={"key of AWS": [efs(encrypted=True, kmsKeyId="alias/aws/elasticfilesystem")]}
    ),
    "opensearch-domain-encryption-at-rest": Cases(
        good={}, bad={"key of AWS": [domain({"encryptAtRest": {"enabled": True, "kmsKeyId": f"{_AWS_KEY}es"}})]}
    ),
    "msk-cluster-customer-key": Cases(good={}, bad={"key of AWS": [msk(encryptionAtRestKmsKeyArn=f"{_AWS_KEY}kafka")]}),
    "dynamodb-table-customer-key": Cases(
        good={},
        bad={
            "key of AWS": [
                table({"serverSideEncryption": {"enabled": True, "kmsKeyArn": f"{_AWS_KEY}dynamodb"}}),
            ]
        },
    ),
    "s3-bucket-customer-key": Cases(
        good={
            "V2 token, inline": [v2(applyServerSideEncryptionByDefaults=[_V2_KEY])],
            "logs of load balancers of other stacks": [
                _LOGS,
                res(
                    "s3/bucketPolicy:BucketPolicy",
                    "policy",
                    {
                        "bucket": UNKNOWN,
                        "policy": policy(
                            {
                                "Effect": "Allow",
                                "Principal": {"AWS": "arn:aws:iam::156460612806:root"},
                                "Action": "s3:PutObject",
                                "Resource": "*",
                            }
                        ),
                    },
                    refers={"bucket": [_LOGS]},
                ),
            ],
        },
        bad={
            "V2 token, key of S3": [v2(applyServerSideEncryptionByDefaults=[{"sseAlgorithm": "AES256"}])],
            "V2 token, key of AWS": [
                v2(applyServerSideEncryptionByDefaults=[{**_V2_KEY, "kmsMasterKeyId": "alias/aws/s3"}])
            ],
        },
    ),
    "s3-bucket-public-access-block": Cases(
        good={
            "of the account": [
                BUCKET,
                res(
                    "s3/accountPublicAccessBlock:AccountPublicAccessBlock",
                    "account",
                    dict.fromkeys(
                        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
                    ),
                ),
            ]
        },
        bad={
            "of the account, by half": [
                BUCKET,
                res("s3/accountPublicAccessBlock:AccountPublicAccessBlock", "account", {"blockPublicAcls": True}),
            ]
        },
    ),
    "s3-bucket-no-acl": Cases(
        good={"grant to the owner": [named(grants=[{"id": "1f", "type": "CanonicalUser"}])]},
        bad={
            "grant to everybody": [named(grants=[{"uri": _USERS, "type": "Group", "permissions": ["READ"]}])],
            "policy of grants": [
                res(
                    "s3/bucketAcl:BucketAcl",
                    CULPRIT,
                    {"accessControlPolicy": {"grants": [{"grantee": {"uri": _USERS}, "permission": "READ"}]}},
                )
            ],
            "V2 token, website": [
                res("s3/bucketV2:BucketV2", CULPRIT, {"websites": [{"indexDocument": "index.html"}]})
            ],
        },
    ),
    "s3-bucket-lifecycle": Cases(
        good={
            "inline, versions": [
                named(
                    versioning={"enabled": True},
                    lifecycleRules=[
                        {
                            "enabled": True,
                            "abortIncompleteMultipartUploadDays": 7,
                            "noncurrentVersionExpiration": {"days": 30},
                        }
                    ],
                )
            ]
        },
        bad={
            "inline, uploads stay": [named(lifecycleRules=[{"enabled": True, "expiration": {"days": 9}}])],
            "inline, switched off": [named(lifecycleRules=[{"enabled": False, **_ABORT}])],
        },
    ),
    "cloudfront-distribution-private-s3-origin": Cases(
        good={},
        bad={
            "bucket as a custom origin": [
                distribution(
                    changes={
                        "origins.1.domainName": "media.s3.eu-west-1.amazonaws.com",
                    }
                )
            ],
            "policy for the account": [bucket_policy(StringEquals={"AWS:SourceAccount": "111111111111"})],
            "inline policy for every distribution": [named(policy=bucket_policy().props["policy"])],
        },
    ),
    "lb-load-balancer-only-through-cloudfront": Cases(
        good={
            "its own web ACL, no distribution": [_OPEN, behind(group_=_OPEN), *attached_acl(behind(group_=_OPEN))],
            "its own web ACL, a distribution of others": [
                _OPEN,
                behind(group_=_OPEN),
                *attached_acl(behind(group_=_OPEN)),
                origin_of(balancer("other")),
                balancer("other", props={"internal": True}),
            ],
        },
        bad={
            "behind a distribution": [
                _OPEN,
                behind(group_=_OPEN),
                *attached_acl(behind(group_=_OPEN)),
                origin_of(behind(group_=_OPEN)),
            ],
            "behind a distribution by its own name": [
                _OPEN,
                behind(group_=_OPEN),
                *attached_acl(behind(group_=_OPEN)),
                distribution("edge"),
            ],
        },
    ),
    "lb-listener-https": Cases(
        good={
            "classic": [res("elb/loadBalancer:LoadBalancer", CULPRIT, {"listeners": [{"lbProtocol": "https"}]})],
            "network load balancer": [
                balancer("tcp", props={"loadBalancerType": "network"}),
                listener(balancer("tcp"), protocol=None),
            ],
        },
        bad={
            "no protocol": [
                balancer("web"),
                res(
                    "alb/listener:Listener",
                    CULPRIT,
                    {"loadBalancerArn": UNKNOWN, "port": 80, "defaultActions": [{"type": "forward"}]},
                    refers={"loadBalancerArn": [balancer("web")]},
                ),
            ]
        },
    ),
    "opensearch-domain-in-vpc": Cases(
        good={"collection inside": [collections('[{"AllowFromPublic": false, "SourceVPCEs": ["vpce-1"]}]')]},
        bad={"public collection": [collections('[{"Rules": [], "AllowFromPublic": true}]')]},
    ),
    "ec2-network-acl-admin-ports": Cases(
        good={
            "answers": [one_entry(fromPort=1024, toPort=65535)],
            "denied before": [
                network_acl(
                    entry(ruleNo=90, action="deny", fromPort=3389, toPort=3389),
                    entry(ruleNo=100, fromPort=3000, toPort=4000),
                )
            ],
        },
        bad={
            "denied after": [
                network_acl(
                    entry(ruleNo=110, action="deny", fromPort=3389, toPort=3389),
                    entry(ruleNo=100, fromPort=3000, toPort=4000),
                )
            ],
            "range": [one_entry(fromPort=20, toPort=80)],
        },
    ),
    "ec2-security-group-world-open": Cases(
        good={"offices": [prefix_list("192.0.2.0/24", "10.0.0.0/8")]},
        bad={
            "a list of everybody": [prefix_list("192.0.2.0/24", "0.0.0.0/0")],
            "an entry of everybody": [
                res("ec2/managedPrefixListEntry:ManagedPrefixListEntry", CULPRIT, {"cidr": "::/0"})
            ],
        },
    ),
    "ecs-task-definition-no-secret-environment": Cases(
        good={
            "flag": [task("USE_TOKEN", "true")],
            "number": [task("MAX_TOKEN", "4096")],
            "name of a secret": [task("DB_SECRET", "store/prod/db")],
            "address": [task("AUTH_TOKEN", "https://sign-in.example.com/token")],
        },
        bad={
            "short": [task("DB_PASSWORD", "hunter2")],
            "in the manner of Java": [task("dbPassword", "hunter2")],
            "key with slashes": [task("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")],
            "in an address": [task("CACHE_URL", "rediss://:hunter2@cache:6379")],
            "capital members": [
                res(
                    "ecs/taskDefinition:TaskDefinition",
                    CULPRIT,
                    {
                        "containerDefinitions": json.dumps(
                            [{"Name": "web", "Environment": [{"Name": "API_KEY", "Value": "hunter2"}]}]
                        )
                    },
                )
            ],
        },
    ),
    "lambda-function-no-secret-environment": Cases(
        good={"parameter": [function(API_TOKEN="/store/api-token")]},
        bad={"test key": [function(PAYMENT="sk_test_abcdefghijklmnop1234")]},
    ),
    "cognito-user-pool-client-careful": Cases(
        good={
            "machine": [
                client(allowedOauthFlows=["client_credentials"], preventUserExistenceErrors=None, callbackUrls=[])
            ]
        },
        bad={},
    ),
    "apigateway-method-authorized": Cases(
        good={
            "body, authoriser of all": [rest(described({}, _JWT, security=[{"jwt": []}]))],
            "body, signed": [rest(described({"security": [{"sigv4": []}]}, _SIGNED))],
            "body, second version": [
                rest(
                    {
                        "swagger": "2.0",
                        "securityDefinitions": _SIGNED,
                        "paths": {"/orders": {"x-amazon-apigateway-any-method": {"security": [{"sigv4": []}]}}},
                    }
                )
            ],
            "body, by extension": [rest(described({"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}))],
            "body, authoriser and key": [rest(described({"security": [{"jwt": [], "api_key": []}]}, _JWT | _KEYED))],
            "body, private": [rest(described({}), endpointConfiguration={"types": "PRIVATE"})],
            "body known later": [res("apigateway/restApi:RestApi", CULPRIT, {"body": UNKNOWN})],
            "body, YAML": [
                rest(
                    "openapi: 3.0.1\nsecurity: [{sigv4: []}]\n"
                    "components: {securitySchemes: {sigv4: {type: apiKey, x-amazon-apigateway-authtype: awsSigv4}}}\n"
                    "paths: {/orders: {get: {}}}\n"
                )
            ],
        },
        bad={
            "body": [rest(described({}))],
            "body, taken off": [rest(described({"security": []}, _JWT, security=[{"jwt": []}]))],
            "body, or nobody": [rest(described({"security": [{"jwt": []}, {}]}, _JWT))],
            "body, key alone": [rest(described({"security": [{"api_key": []}]}, _KEYED))],
            "body, NONE": [
                rest(described({"x-amazon-apigateway-auth": {"type": "none"}}, _JWT, security=[{"jwt": []}]))
            ],
            "body, YAML": [rest("openapi: 3.0.1\npaths: {/orders: {get: {}}}\n")],
            "body of an HTTP API": [
                res(
                    "apigatewayv2/api:Api",
                    CULPRIT,
                    {
                        "protocolType": "HTTP",
                        "body": json.dumps({"paths": {"/$default": {"x-amazon-apigateway-any-method": {}}}}),
                    },
                )
            ],
            "method with a key": [
                res(
                    "apigateway/method:Method",
                    CULPRIT,
                    {"httpMethod": "GET", "authorization": "NONE", "apiKeyRequired": True},
                )
            ],
        },
        config=[
            ({"public": ["POST /orders"]}, [rest(described({}))], False),
            ({"public": ["POST /carts"]}, [rest(described({}))], True),
        ],
    ),
    "apigatewayv2-cors-bounded": Cases(
        good={},
        bad={
            "in the body": [
                res(
                    "apigatewayv2/api:Api",
                    CULPRIT,
                    {
                        "body": json.dumps(
                            {"x-amazon-apigateway-cors": {"allowOrigins": ["*"], "allowCredentials": True}}
                        )
                    },
                )
            ]
        },
    ),
    "efs-file-system-tls-only": Cases(
        good={
            "allowed over TLS alone": mounted(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111111111111:role/web"},
                    "Action": "elasticfilesystem:ClientMount",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": True}},
                }
            )
        },
        bad={},
    ),
    "ecs-service-multi-az": Cases(
        good={
            "scaled by name": [
                res("ecs/service:Service", CULPRIT, {"name": "web", "desiredCount": 1}),
                res("appautoscaling/target:Target", "web", {"resourceId": "service/store/web", "minCapacity": 2}),
            ]
        },
        bad={},
    ),
}
