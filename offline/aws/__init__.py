"""Offline AWS: the `aws` resource plugin that simulates AWS for the Pulumi engine.

`server` answers the engine's calls; `checking` (with `structure`, `naming` and `offline.checks`) judges inputs, `diff`
compares them, `creation` (with `ids`, `outputs`, `special`) computes what AWS would answer, `operations` and
`relations` work on the `cloud`, `invokes` looks resources up, `faults` injects failures on request.
What a type needs beyond the general rules stands in a table: `ids.txt`, `in_use.txt`, `protected.txt`.
"""
