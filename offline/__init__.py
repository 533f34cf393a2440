"""Offline AWS: Pulumi plugins that simulate AWS, run by the real Pulumi engine."""
