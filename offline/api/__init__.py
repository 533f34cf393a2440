"""The endpoint of offline AWS: APIs that dynamic providers call, answered from the simulated cloud."""
