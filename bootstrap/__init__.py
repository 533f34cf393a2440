"""What must exist before Pulumi has a place for its state: bucket, key, and the deployer's role.

A CloudFormation stack (docs/adr/0013-bootstrap-by-cloudformation.md).
"""
