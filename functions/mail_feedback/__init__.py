"""Follows what SES tells of messages: bounces, complaints, unsubscriptions."""
