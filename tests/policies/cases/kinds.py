"""Each kind that a rule judges: a fault in those of which the other themes have none."""

from policies.library.resources import Resource
from tests.policies.support import CULPRIT, UNKNOWN, Cases, policy, res

_EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
_PUBLIC = {"policy": policy(_EVERYBODY)}
_SERVICE = {"policy": policy({**_EVERYBODY, "Principal": {"Service": "sns.amazonaws.com"}})}
_PERMISSIONS = ("iam/groupPolicy", "iam/userPolicy", "iam/rolePolicy")
_ADMIN = {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
_CDN = "cloudfront/multitenantDistribution"
_HTTP = {"originId": "a", "domainName": "a.example", "customOriginConfig": {"originProtocolPolicy": "http-only"}}


def found(props, *kinds):
    """A bad program for each kind."""
    return Cases({}, {f"in {kind}": [one(kind, props)] for kind in kinds})


def one(kind, props, name=CULPRIT, **options):
    member = kind.split("/")[1]
    return res(f"{kind}:{member[:1].upper()}{member[1:]}", name, props, **options)


def allows(action, *kinds, resource="*"):
    return found({"policy": policy({"Effect": "Allow", "Action": action, "Resource": resource})}, *kinds)


def role(action, resource="*"):
    document = policy({"Effect": "Allow", "Action": action, "Resource": resource})
    return [one("iam/role", {"inlinePolicies": [{"name": "a", "policy": document}]})]


def in_public(kind, path):
    """A store in a subnet that gives public addresses."""
    subnet = one("ec2/subnet", {"mapPublicIpOnLaunch": True}, "public")
    block, _, member = path.rpartition(".")
    props = {block: {member: [UNKNOWN]}} if block else {member: [UNKNOWN]}
    return [subnet, one(kind, props, refers={path.split(".")[0]: [subnet]})]


CASES = {
    "aws-resource-policy-not-public": found(
        _PUBLIC,
        "backup/vaultPolicy",
        "dynamodb/resourcePolicy",
        "ecr/repositoryPolicy",
        "efs/fileSystemPolicy",
        "msk/clusterPolicy",
        "s3/accessPoint",
        "s3/bucket",
        "s3/bucketPolicy",
        "secretsmanager/secretPolicy",
        "sns/topic",
        "sns/topicPolicy",
    ),
    "aws-resource-policy-service-bounded": found(_SERVICE, "s3/bucket", "sns/topic", "sns/topicPolicy", "sqs/queue"),
    "kms-key-policy-not-public": found(_PUBLIC, "kms/externalKey", "kms/keyPolicy", "kms/replicaKey"),
    "kms-key-deletion-guarded": found({"deletionWindowInDays": 7}, "kms/externalKey"),
    "ec2-network-acl-admin-ports": found(
        {"ingress": [{"action": "allow", "cidrBlock": "0.0.0.0/0", "protocol": "tcp", "fromPort": 22, "toPort": 22}]},
        "ec2/defaultNetworkAcl",
    ),
    "ec2-security-group-described": found({}, "ec2/securityGroupRule", "vpc/securityGroupEgressRule"),
    "ec2-security-group-admin-ports": found(
        {"ingress": [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}]},
        "ec2/defaultSecurityGroup",
    ),
    "lb-listener-https": found({"listeners": [{"lbProtocol": "HTTP", "lbPort": 80}]}, "elb/loadBalancer"),
    "s3-bucket-no-acl": found({"acl": "public-read"}, "s3/bucketObject", "s3/bucketObjectv2", "s3/objectCopy"),
    "iam-policy-no-admin": allows("*", *_PERMISSIONS[:2]),
    "iam-policy-no-service-wildcard": Cases({}, allows("s3:*", *_PERMISSIONS).bad | {"in a role": role("s3:*")}),
    "iam-policy-scoped-resources": allows("s3:GetObject", *_PERMISSIONS),
    "iam-policy-no-privilege-escalation": allows("iam:PutRolePolicy", *_PERMISSIONS[:2]),
    "iam-policy-no-decrypt-on-all-keys": allows("kms:Decrypt", *_PERMISSIONS[:2]),
    "iam-policy-no-inverted-allow": found(
        {"policy": policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})}, *_PERMISSIONS[:2]
    ),
    "iam-role-no-broad-managed-policy": Cases(
        {},
        found(_ADMIN, "iam/groupPolicyAttachment", "iam/policyAttachment").bad
        | found(
            {"policyArns": [_ADMIN["policyArn"]]},
            "iam/groupPolicyAttachmentsExclusive",
            "iam/rolePolicyAttachmentsExclusive",
            "iam/userPolicyAttachmentsExclusive",
        ).bad,
    ),
    "aws-resource-no-force-destroy": found({"forceDestroy": True}, "backup/vault", "s3/directoryBucket"),
    "aws-resource-protected": found(
        {},
        "backup/vault",
        "cognito/userPool",
        "efs/fileSystem",
        "elasticache/replicationGroup",
        "kms/key",
        "msk/cluster",
        "opensearch/domain",
        "rds/cluster",
        "rds/instance",
        "route53/zone",
        "s3/bucket",
    ),
    "apigateway-method-authorized": found({"body": '{"paths": {"/a": {"get": {}}}}'}, "apigateway/restApiPut"),
    "aws-service-not-retired": Cases(
        {},
        found(
            {}, "lex/botAlias", "lex/intent", "lex/slotType", "waf/rule", "wafregional/rule", "wafregional/webAcl"
        ).bad
        | {"Fraud Detector": [Resource.of("aws-native:frauddetector:Detector", CULPRIT, {})]},
    ),
    "cloudwatch-alarms-act": found({}, "elasticache/replicationGroup", "msk/cluster", "opensearch/domain"),
    "lex-bot-privacy": Cases({}, {"of CloudFormation": [Resource.of("aws-native:lex:Bot", CULPRIT, {"name": "shop"})]}),
    "aws-data-store-private-subnets": Cases(
        {},
        {
            f"in {kind}": in_public(kind, path)
            for kind, path in {
                "dax/subnetGroup": "subnetIds",
                "elasticache/serverlessCache": "subnetIds",
                "msk/cluster": "brokerNodeGroupInfo.clientSubnets",
                "rds/subnetGroup": "subnetIds",
            }.items()
        },
    ),
    "cloudfront-distribution-viewer-https": found(
        {"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}}, _CDN
    ),
    "cloudfront-distribution-origin-https": found({"origins": [_HTTP]}, _CDN),
    "cloudfront-distribution-web-acl": found({}, _CDN),
}
