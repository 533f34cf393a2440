"""All rules, one module per theme; importing this package registers them."""

from policies.rules import (  # noqa: F401 - registers the rules
    access,
    apis,
    buckets,
    caches,
    compute,
    distributions,
    exposure,
    files,
    keys,
    load_balancers,
    network,
    packs,
    queues,
    records,
    search,
    secrets,
    streaming,
    tables,
    web_acl_rules,
    web_acls,
)
