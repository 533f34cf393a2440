"""IAM: policies, roles, users."""
