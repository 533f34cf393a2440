"""Customers: the own profile, addresses and consents, and the right to have all of it erased."""
