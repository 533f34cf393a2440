"""Offline stand-in for the Pulumi plugin `awsx`: its `awsx:ec2:Vpc` component, built on whatever `aws` plugin runs."""
