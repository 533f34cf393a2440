"""Renews the recorded facts. README.md of the folder above says when and how."""
