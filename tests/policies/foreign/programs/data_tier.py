"""Caches, search, brokers, files and databases, placed by loops over zones."""

import pulumi_aws as aws

FAULTS = {
    "one-zone": {"elasticache-subnet-group-zones"},
    "sessions-clear": {
        "elasticache-cache-encryption-at-rest",
        "elasticache-cache-encryption-in-transit",
        "elasticache-cache-authentication",
    },
    "sessions-single": {"elasticache-replication-group-multi-az"},
    "sessions-aws-key": {"elasticache-cache-encryption-at-rest"},
    "migrating": {"elasticache-cache-encryption-in-transit"},
    "no-password": {"elasticache-cache-authentication"},
    "lonely": {"elasticache-cache-encryption-at-rest"},
    "search-open": {
        "opensearch-domain-in-vpc",
        "opensearch-domain-fine-grained-access",
        "opensearch-domain-https",
        "opensearch-domain-node-to-node-encryption",
        "opensearch-domain-encryption-at-rest",
        "aws-resource-policy-not-public",
        "opensearch-domain-multi-az",
    },
    "search-two": {"opensearch-domain-multi-az"},
    "search-public": {"aws-data-store-private-subnets"},
    "events-plain": {"msk-cluster-tls", "msk-cluster-client-authentication"},
    "events-public": {"msk-cluster-no-public-access"},
    "events-two": {"msk-cluster-zones"},
    "media-plain": {"efs-file-system-customer-key", "efs-file-system-zones"},
    "media-one-zone": {"efs-file-system-zones"},
    "dax-plain": {"dax-cluster-encryption-at-rest", "dax-cluster-encryption-in-transit"},
    "data-from-anywhere": {"ec2-security-group-data-stores"},
}
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


def network():
    vpc = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")
    aws.ec2.DefaultSecurityGroup("closed", vpc_id=vpc.id)
    gateway = aws.ec2.InternetGateway("main", vpc_id=vpc.id)
    public = aws.ec2.RouteTable("public", vpc_id=vpc.id)
    aws.ec2.Route("out", route_table_id=public.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id)
    subnets = {}
    for tier, base in (("public", 0), ("data", 100)):
        subnets[tier] = []
        for n, zone in enumerate(ZONES):
            subnet = aws.ec2.Subnet(
                f"{tier}-{zone[-1]}", vpc_id=vpc.id, cidr_block=f"10.0.{base + n}.0/24", availability_zone=zone
            )
            subnets[tier].append(subnet)
            if tier == "public":
                aws.ec2.RouteTableAssociation(f"public-{zone[-1]}", subnet_id=subnet.id, route_table_id=public.id)
    return vpc, subnets


def ids(subnets):
    return [subnet.id for subnet in subnets]


def caches(subnets, group, key):
    spread = aws.elasticache.SubnetGroup("spread", subnet_ids=ids(subnets))
    aws.elasticache.SubnetGroup("one-zone", subnet_ids=[subnets[0].id])
    users = aws.elasticache.UserGroup("users", engine="redis", user_group_id="users", user_ids=["default"])
    aws.elasticache.User(
        "default",
        engine="redis",
        user_id="default-off",
        user_name="default",
        access_string="off -@all",
        no_password_required=True,
    )
    aws.elasticache.User(
        "no-password",
        engine="redis",
        user_id="app",
        user_name="app",
        access_string="on ~* +@all",
        no_password_required=True,
    )
    sound = {
        "description": "sessions",
        "subnet_group_name": spread.name,
        "security_group_ids": [group.id],
        "at_rest_encryption_enabled": True,
        "kms_key_id": key.arn,
        "transit_encryption_enabled": True,
        "user_group_ids": [users.id],
        "multi_az_enabled": True,
        "automatic_failover_enabled": True,
        "num_cache_clusters": 2,
        "snapshot_retention_limit": 7,
    }
    aws.elasticache.ReplicationGroup("sessions", **sound)
    # Valkey is encrypted at rest unless told otherwise.
    valkey = {k: v for k, v in sound.items() if k != "at_rest_encryption_enabled"}
    aws.elasticache.ReplicationGroup("sessions-valkey", **{**valkey, "engine": "valkey"})
    sharded = {k: v for k, v in sound.items() if k != "num_cache_clusters"}
    aws.elasticache.ReplicationGroup("sharded", **{**sharded, "num_node_groups": 3, "replicas_per_node_group": 1})
    aws.elasticache.ReplicationGroup(
        "token", **{**{k: v for k, v in sound.items() if k != "user_group_ids"}, "auth_token": "not-to-be-shown-16"}
    )
    plain = {
        k: v
        for k, v in sound.items()
        if k not in ("at_rest_encryption_enabled", "kms_key_id", "transit_encryption_enabled", "user_group_ids")
    }
    aws.elasticache.ReplicationGroup("sessions-clear", **plain)
    aws.elasticache.ReplicationGroup("sessions-single", **{**sound, "num_cache_clusters": 1})
    aws.elasticache.ReplicationGroup("sessions-aws-key", **{**sound, "kms_key_id": "alias/aws/elasticache"})
    aws.elasticache.ReplicationGroup("migrating", **{**sound, "transit_encryption_mode": "preferred"})
    aws.elasticache.Cluster(
        "lonely", engine="redis", node_type="cache.t4g.small", num_cache_nodes=1, subnet_group_name=spread.name
    )
    aws.elasticache.Cluster(
        "pages", engine="memcached", node_type="cache.t4g.small", num_cache_nodes=2, subnet_group_name=spread.name
    )


def search(subnets, public, group, key):
    cluster = {
        "instanceType": "r7g.large.search",
        "instanceCount": 3,
        "zoneAwarenessEnabled": True,
        "zoneAwarenessConfig": {"availabilityZoneCount": 3},
        "dedicatedMasterEnabled": True,
        "dedicatedMasterCount": 3,
    }
    policy = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}]}'
    sound = {
        "cluster_config": cluster,
        "encrypt_at_rest": {"enabled": True, "kmsKeyId": key.arn},
        "node_to_node_encryption": {"enabled": True},
        "domain_endpoint_options": {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
        "advanced_security_options": {"enabled": True, "internalUserDatabaseEnabled": True},
        "vpc_options": {"subnetIds": ids(subnets), "securityGroupIds": [group.id]},
    }
    # Inside the VPC, under fine-grained access, the policy may admit everybody who gets there.
    aws.opensearch.Domain("search", access_policies=policy, **sound)
    standby = {k: v for k, v in cluster.items() if not k.startswith("zone")}
    aws.opensearch.Domain(
        "search-standby", **{**sound, "cluster_config": {**standby, "multiAzWithStandbyEnabled": True}}
    )
    aws.opensearch.Domain("search-two", **{**sound, "cluster_config": {**cluster, "instanceCount": 2}})
    aws.opensearch.Domain("search-public", **{**sound, "vpc_options": {"subnetIds": ids(public)}})
    aws.opensearch.Domain("search-open", access_policies=policy, cluster_config={"instanceCount": 1})


def brokers(subnets, group, key):
    nodes = {
        "instanceType": "kafka.m7g.large",
        "clientSubnets": ids(subnets),
        "securityGroups": [group.id],
    }
    sound = {
        "kafka_version": "3.8.x",
        "number_of_broker_nodes": 3,
        "broker_node_group_info": nodes,
        "client_authentication": {"sasl": {"iam": True}},
        "encryption_info": {"encryptionAtRestKmsKeyArn": key.arn},
    }
    aws.msk.Cluster("events", **sound)
    aws.msk.Cluster(
        "events-plain",
        **{
            **sound,
            "client_authentication": {"unauthenticated": True},
            "encryption_info": {
                "encryptionAtRestKmsKeyArn": key.arn,
                "encryptionInTransit": {"clientBroker": "TLS_PLAINTEXT"},
            },
        },
    )
    public = {**nodes, "connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}}
    aws.msk.Cluster("events-public", **{**sound, "broker_node_group_info": public})
    two = {**nodes, "clientSubnets": ids(subnets[:2])}
    aws.msk.Cluster("events-two", **{**sound, "number_of_broker_nodes": 2, "broker_node_group_info": two})


def files(subnets, group, key):
    sound = aws.efs.FileSystem("media", encrypted=True, kms_key_id=key.arn)
    plain = aws.efs.FileSystem("media-plain")
    for n, subnet in enumerate(subnets):
        aws.efs.MountTarget(f"media-{n}", file_system_id=sound.id, subnet_id=subnet.id, security_groups=[group.id])
    aws.efs.MountTarget("plain", file_system_id=plain.id, subnet_id=subnets[0].id, security_groups=[group.id])
    one = aws.efs.FileSystem("media-one-zone", encrypted=True, kms_key_id=key.arn, availability_zone_name="eu-west-1a")
    aws.efs.MountTarget("one-zone", file_system_id=one.id, subnet_id=subnets[0].id, security_groups=[group.id])


def accelerators(subnets):
    group = aws.dax.SubnetGroup("dax", subnet_ids=ids(subnets))
    common = {
        "iam_role_arn": "arn:aws:iam::111111111111:role/dax",
        "node_type": "dax.r5.large",
        "replication_factor": 3,
        "subnet_group_name": group.name,
    }
    aws.dax.Cluster(
        "dax",
        cluster_name="dax",
        server_side_encryption={"enabled": True},
        cluster_endpoint_encryption_type="TLS",
        **common,
    )
    aws.dax.Cluster("dax-plain", cluster_name="dax-plain", **common)


def groups(vpc):
    app = aws.ec2.SecurityGroup("app", vpc_id=vpc.id)
    data = aws.ec2.SecurityGroup("data", vpc_id=vpc.id)
    aws.vpc.SecurityGroupIngressRule(
        "data-from-app",
        security_group_id=data.id,
        ip_protocol="tcp",
        from_port=6379,
        to_port=6379,
        referenced_security_group_id=app.id,
    )
    aws.vpc.SecurityGroupIngressRule(
        "data-from-anywhere",
        security_group_id=data.id,
        ip_protocol="tcp",
        from_port=6379,
        to_port=6379,
        cidr_ipv4="10.0.0.0/8",
    )
    aws.vpc.SecurityGroupIngressRule(
        "app-from-inside",
        security_group_id=app.id,
        ip_protocol="tcp",
        from_port=80,
        to_port=80,
        cidr_ipv4="10.0.0.0/16",
    )
    return data


def alarms():
    for namespace in ("AWS/ElastiCache", "AWS/ES", "AWS/Kafka"):
        aws.cloudwatch.MetricAlarm(
            namespace.split("/")[1].lower(),
            namespace=namespace,
            metric_name="x",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            period=60,
            statistic="Sum",
            threshold=1,
            alarm_actions=["arn:aws:sns:eu-west-1:111111111111:ops"],
        )


def program():
    vpc, subnets = network()
    group = groups(vpc)
    key = aws.kms.Key("data", enable_key_rotation=True)
    caches(subnets["data"], group, key)
    search(subnets["data"], subnets["public"], group, key)
    brokers(subnets["data"], group, key)
    files(subnets["data"], group, key)
    accelerators(subnets["data"])
    alarms()
