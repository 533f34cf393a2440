"""EC2: security groups, VPCs and their subnets, routes, network ACLs."""
