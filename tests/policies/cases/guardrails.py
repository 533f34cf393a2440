"""Exposure, least privilege, logs, tags."""

from policies.library.resources import STACK_TYPE, Resource
from tests.policies.cases.encryption import BUCKET, V2
from tests.policies.support import CULPRIT, UNKNOWN, Cases, policy, res

_HTTPS = {"protocol": "tcp", "fromPort": 443, "toPort": 443}
_BLOCK = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
_VPC = res("ec2/vpc:Vpc", CULPRIT, {"cidrBlock": "10.0.0.0/16"})
_TAGS = {"application": "store", "environment": "dev", "owner": "platform", "cost-center": "42"}
_STACK = Resource.of(STACK_TYPE, CULPRIT)


def inline(kind="securityGroup", **ingress):
    return res(f"ec2/{kind}:{kind[0].upper()}{kind[1:]}", CULPRIT, {"ingress": [ingress]})


def entry(**props):
    base = {"type": "ingress", "securityGroupId": UNKNOWN, **_HTTPS}
    return res("ec2/securityGroupRule:SecurityGroupRule", CULPRIT, {**base, **props})


def ingress(**props):
    base = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    return res("vpc/securityGroupIngressRule:SecurityGroupIngressRule", CULPRIT, {**base, **props})


def default_group(name=CULPRIT, **props):
    return res(
        "ec2/defaultSecurityGroup:DefaultSecurityGroup", name, {"vpcId": UNKNOWN, **props}, refers={"vpcId": [_VPC]}
    )


def block(name="block", bucket=BUCKET, **props):
    return res(
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        name,
        {"bucket": UNKNOWN, **_BLOCK, **props},
        refers={"bucket": [bucket]},
    )


def allow(action="s3:GetObject", resource="arn:aws:s3:::media/*"):
    return policy({"Effect": "Allow", "Action": action, "Resource": resource})


def iam(document, kind="policy"):
    return res(f"iam/{kind}:{kind[0].upper()}{kind[1:]}", CULPRIT, {"policy": document})


def attachment(arn):
    return res("iam/rolePolicyAttachment:RolePolicyAttachment", CULPRIT, {"policyArn": arn})


def logs(**props):
    return res("cloudwatch/logGroup:LogGroup", CULPRIT, props)


def search(**props):
    return res("opensearch/domain:Domain", CULPRIT, props)


def kafka(access):
    info = {"connectivityInfo": {"publicAccess": {"type": access}}} if access else {}
    return res("msk/cluster:Cluster", CULPRIT, {"brokerNodeGroupInfo": info})


def service(public):
    return res("ecs/service:Service", CULPRIT, {"networkConfiguration": {"assignPublicIp": public}})


def subnet(**props):
    return res("ec2/subnet:Subnet", CULPRIT, props)


def tagged(tags, **options):
    return res("sqs/queue:Queue", CULPRIT, {"tagsAll": tags}, **options)


CASES = {
    "ec2-security-group-world-open": Cases(
        good={
            "edge port": [inline(**_HTTPS, cidrBlocks=["0.0.0.0/0"])],
            "own network": [inline(protocol="tcp", fromPort=8080, toPort=8080, cidrBlocks=["10.0.0.0/8"])],
            "from a group": [ingress(fromPort=8080, toPort=8080, referencedSecurityGroupId=UNKNOWN)],
            "ping": [entry(protocol="icmp", fromPort=-1, toPort=-1, cidrBlocks=["0.0.0.0/0"])],
            "egress": [entry(type="egress", protocol="-1", cidrBlocks=["0.0.0.0/0"])],
        },
        bad={
            "inline": [inline(protocol="tcp", fromPort=8080, toPort=8080, cidrBlocks=["0.0.0.0/0"])],
            "rule": [entry(fromPort=8080, toPort=8080, ipv6CidrBlocks=["::/0"])],
            "ingress rule": [ingress(fromPort=8080, toPort=8080, cidrIpv4="0.0.0.0/0")],
            "range around an edge port": [ingress(fromPort=443, toPort=444, cidrIpv4="0.0.0.0/0")],
            "all protocols": [ingress(ipProtocol="-1", fromPort=None, toPort=None, cidrIpv4="0.0.0.0/0")],
            "half of the world": [ingress(fromPort=8080, toPort=8080, cidrIpv4="128.0.0.0/1")],
            "default group": [
                inline("defaultSecurityGroup", protocol="-1", fromPort=0, toPort=0, cidrBlocks=["0.0.0.0/0"])
            ],
            "ports as text": [inline(protocol="tcp", fromPort="8080", toPort="8080", cidrBlocks="0.0.0.0/0")],
        },
        config=[({"edge_ports": [443]}, [ingress(fromPort=80, toPort=80, cidrIpv4="0.0.0.0/0")], True)],
    ),
    "ec2-security-group-admin-ports": Cases(
        good={
            "edge port": [ingress(cidrIpv4="0.0.0.0/0")],
            "cache from a group": [ingress(fromPort=6379, toPort=6379, referencedSecurityGroupId=UNKNOWN)],
        },
        bad={
            "ssh": [inline(protocol="tcp", fromPort=22, toPort=22, cidrBlocks=["0.0.0.0/0"])],
            "cache": [ingress(fromPort=6379, toPort=6379, cidrIpv6="::/0")],
            "a range over it": [entry(fromPort=9000, toPort=9500, cidrBlocks=["0.0.0.0/0"])],
        },
        config=[({"ports": [8080]}, [ingress(fromPort=8080, toPort=8080, cidrIpv4="0.0.0.0/0")], True)],
    ),
    "ec2-vpc-default-group-closed": Cases(
        good={"adopted, empty": [_VPC, default_group("default")], "empty lists": [_VPC, default_group(ingress=[])]},
        bad={
            "not adopted": [_VPC],
            "has a rule": [default_group(egress=[{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}])],
        },
    ),
    "ec2-subnet-no-public-addresses": Cases(
        good={"off": [subnet(mapPublicIpOnLaunch=False)], "not set": [subnet()]},
        bad={"on": [subnet(mapPublicIpOnLaunch=True)], "on as text": [subnet(mapPublicIpOnLaunch="true")]},
    ),
    "ecs-service-no-public-address": Cases(
        good={"off": [service(False)], "not set": [service(None)]},
        bad={"on": [service(True)]},
    ),
    "opensearch-domain-in-vpc": Cases(
        good={"subnets": [search(vpcOptions={"subnetIds": [UNKNOWN]})]},
        bad={"not set": [search()], "empty": [search(vpcOptions={"subnetIds": []})]},
    ),
    "msk-cluster-no-public-access": Cases(
        good={"off": [kafka("DISABLED")], "not set": [kafka(None)]},
        bad={"on": [kafka("SERVICE_PROVIDED_EIPS")]},
    ),
    "s3-bucket-public-access-block": Cases(
        good={"all four": [BUCKET, block()], "V2 token": [V2, block(bucket=V2)]},
        bad={
            "none": [BUCKET],
            "of another bucket": [BUCKET, block(bucket=res("s3/bucket:Bucket", "other"))],
            "one off": [block(CULPRIT, blockPublicPolicy=False)],
            "one not set": [block(CULPRIT, restrictPublicBuckets=None)],
        },
    ),
    "iam-policy-no-admin": Cases(
        good={
            "scoped": [iam(allow())],
            "everything denied": [iam(policy({"Effect": "Deny", "Action": "*", "Resource": "*"}))],
            "from outputs": [iam(UNKNOWN)],
        },
        bad={
            "all on all": [iam(allow("*", "*"))],
            "as an object, a list": [iam({"Statement": {"Effect": "allow", "Action": ["*:*"], "Resource": ["*"]}})],
            "inline policy of a role": [
                res("iam/role:Role", CULPRIT, {"inlinePolicies": [{"name": "all", "policy": allow("*", "*")}]})
            ],
            "role policy": [iam(allow("*", "*"), "rolePolicy")],
            "every ARN": [iam(allow("*", "arn:aws:*"))],
        },
    ),
    "iam-policy-no-service-wildcard": Cases(
        good={"actions": [iam(allow(["s3:Get*", "s3:PutObject"]))]},
        bad={"a service": [iam(allow(["s3:GetObject", "dynamodb:*"]))]},
    ),
    "iam-role-no-broad-managed-policy": Cases(
        good={
            "own policy": [attachment("arn:aws:iam::111111111111:policy/AdministratorAccess")],
            "narrow one of AWS": [attachment("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")],
            "not known": [attachment(UNKNOWN)],
        },
        bad={
            "administrator": [attachment("arn:aws:iam::aws:policy/AdministratorAccess")],
            "full access": [attachment("arn:aws:iam::aws:policy/AmazonS3FullAccess")],
            "administrator of a service": [attachment("arn:aws:iam::aws:policy/AmazonAPIGatewayAdministrator")],
            "on the role": [
                res("iam/role:Role", CULPRIT, {"managedPolicyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"]})
            ],
        },
        config=[({"refused": ["ReadOnlyAccess"]}, [attachment("arn:aws:iam::aws:policy/ReadOnlyAccess")], True)],
    ),
    "cloudwatch-log-group-retention": Cases(
        good={"long enough": [logs(retentionInDays=365)], "delivery class": [logs(logGroupClass="DELIVERY")]},
        bad={"not set": [logs()], "for ever": [logs(retentionInDays=0)], "too short": [logs(retentionInDays=30)]},
        config=[({"days": 7}, [logs(retentionInDays=7)], False)],
    ),
    "aws-resource-required-tags": Cases(
        good={
            "all": [tagged(_TAGS)],
            "other case": [tagged({key.title(): value for key, value in _TAGS.items()})],
            "default tags of the provider": [
                tagged(
                    {},
                    provider={
                        "defaultTags": '{"tags": {"application": "a", "environment": "d", "owner": "o",'
                        ' "cost-center": "c"}}'
                    },
                )
            ],
            "unknown default tags": [tagged({}, provider={"defaultTags": UNKNOWN})],
            "no tags possible": [res("s3/bucketPolicy:BucketPolicy", CULPRIT, {"policy": "{}"})],
            "another provider": [Resource.of("random:index/randomId:RandomId", CULPRIT, {"tagsAll": {}})],
        },
        bad={"one missing": [tagged({"application": "store"})], "none": [tagged({})]},
        config=[({"tags": ["team"]}, [tagged(_TAGS)], True), ({"tags": []}, [tagged({})], False)],
    ),
}
