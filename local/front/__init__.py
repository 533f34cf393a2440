"""What customers and services connect to, as the state describes it: edge, API, user pool, forward proxy, cache."""
