"""Types and constants that several sections have in common."""

EDGE_REGION = "us-east-1"
"""Home of CloudFront, its web ACL, their logs and alarms, and of billing, whatever the home Region is."""
