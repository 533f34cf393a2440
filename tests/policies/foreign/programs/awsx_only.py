"""A service by awsx alone, in one's own component: children with leaf types, values that come from components.

awsx makes its children in a plugin of its own; here they are registered as it does.
"""

import json

import pulumi
import pulumi_aws as aws

FAULTS = {
    "web-default": {"ec2-security-group-world-open", "ec2-security-group-admin-ports"},
    "web": {"lb-load-balancer-web-acl", "lb-load-balancer-only-through-cloudfront"},
    "web-http": {"lb-listener-https"},
    "app": {"ecs-service-multi-az", "ecs-service-no-public-address", "ecs-task-definition-hardened-containers"},
    "store-1": {"ec2-subnet-no-public-addresses"},
    "store-2": {"ec2-subnet-no-public-addresses"},
    "store-3": {"ec2-subnet-no-public-addresses"},
    "images": {"ecr-repository-immutable-scanned"},
}


class Component(pulumi.ComponentResource):
    def __init__(self, token, name, opts=None):
        super().__init__(token, name, {}, opts)
        self.inside = pulumi.ResourceOptions(parent=self)


def network(parent):
    made = Component("awsx:ec2:Vpc", "store", parent.inside)
    vpc = aws.ec2.Vpc("store", cidr_block="10.0.0.0/16", opts=made.inside)
    aws.ec2.DefaultSecurityGroup("store", vpc_id=vpc.id, opts=made.inside)
    gateway = aws.ec2.InternetGateway("store", vpc_id=vpc.id, opts=made.inside)
    public, private = [], []
    for n, zone in enumerate("abc", 1):
        subnet = aws.ec2.Subnet(
            f"store-{n}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{n}.0/24",
            availability_zone=f"eu-west-1{zone}",
            map_public_ip_on_launch=True,
            tags={"SubnetType": "Public"},
            opts=made.inside,
        )
        table = aws.ec2.RouteTable(f"store-{n}", vpc_id=vpc.id, opts=made.inside)
        aws.ec2.RouteTableAssociation(f"store-{n}", subnet_id=subnet.id, route_table_id=table.id, opts=made.inside)
        aws.ec2.Route(
            f"store-{n}",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=made.inside,
        )
        public.append(subnet)
        private.append(
            aws.ec2.Subnet(
                f"store-private-{n}",
                vpc_id=vpc.id,
                cidr_block=f"10.0.{100 + n}.0/24",
                availability_zone=f"eu-west-1{zone}",
                tags={"SubnetType": "Private"},
                opts=made.inside,
            )
        )
    return vpc, public, private


def balancer(parent, vpc, public):
    made = Component("awsx:lb:ApplicationLoadBalancer", "web", parent.inside)
    group = aws.ec2.SecurityGroup(
        "web-default",
        vpc_id=vpc.id,
        ingress=[
            {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"], "ipv6CidrBlocks": ["::/0"]}
        ],
        egress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
        opts=made.inside,
    )
    front = aws.lb.LoadBalancer(
        "web",
        security_groups=[group.id],
        subnets=[subnet.id for subnet in public],
        drop_invalid_header_fields=True,
        opts=made.inside,
    )
    target = aws.lb.TargetGroup("web", port=80, protocol="HTTP", target_type="ip", vpc_id=vpc.id, opts=made.inside)
    aws.lb.Listener(
        "web-http",
        load_balancer_arn=front.arn,
        port=80,
        protocol="HTTP",
        default_actions=[{"type": "forward", "targetGroupArn": target.arn}],
        opts=made.inside,
    )
    return target


def service(parent, public, private, target):
    made = Component("awsx:ecs:FargateService", "app", parent.inside)
    definition = aws.ecs.TaskDefinition(
        "app",
        family="app",
        container_definitions=json.dumps(
            [{"name": "app", "image": "nginx", "logConfiguration": {"logDriver": "awslogs"}, "environment": []}]
        ),
        opts=made.inside,
    )
    aws.ecs.Service(
        "app",
        cluster="arn:aws:ecs:eu-west-1:111111111111:cluster/shop",
        task_definition=definition.arn,
        desired_count=1,
        network_configuration={"assignPublicIp": True, "subnets": [public[0].id]},
        load_balancers=[{"targetGroupArn": target.arn, "containerName": "app", "containerPort": 80}],
        opts=made.inside,
    )
    aws.ecs.Service(
        "worker",
        cluster="arn:aws:ecs:eu-west-1:111111111111:cluster/shop",
        task_definition="worker:1",
        desired_count=2,
        network_configuration={"assignPublicIp": False, "subnets": [subnet.id for subnet in private]},
        opts=made.inside,
    )


def program():
    shop = Component("shop:index:Shop", "shop")
    vpc, public, private = network(shop)
    target = balancer(shop, vpc, public)
    service(shop, public, private, target)
    repository = Component("awsx:ecr:Repository", "images", shop.inside)
    aws.ecr.Repository("images", opts=repository.inside)
    aws.cloudwatch.MetricAlarm(
        "errors",
        namespace="AWS/ApplicationELB",
        metric_name="HTTPCode_ELB_5XX_Count",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        statistic="Sum",
        threshold=1,
        alarm_actions=["arn:aws:sns:eu-west-1:111111111111:ops"],
        opts=shop.inside,
    )
