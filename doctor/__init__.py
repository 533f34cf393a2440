"""What a stack needs before `pulumi up`: checks of the AWS account, the deployer's policy, duration and idle price."""
