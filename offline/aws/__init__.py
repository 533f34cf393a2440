"""Offline AWS: the `aws` resource plugin that simulates AWS for the Pulumi engine."""
