"""Offline AWS: the `aws` resource plugin that simulates AWS for the Pulumi engine.

`server` answers the engine's calls; `checking` (with `structure`, `naming` and `offline.checks`) judges inputs, `diff`
compares them, `outputs` and `identity` say what AWS would answer, `operations` and `relations` work on the `cloud`,
`invokes` looks things up, `faults` breaks things on request. `schema` reads the installed pulumi_aws.
What a type needs beyond the general rules stands in a table: `ids.txt`, `in_use.txt`, `protected.txt`.
"""
