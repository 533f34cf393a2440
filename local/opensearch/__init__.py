"""A stand-in of OpenSearch: as much of its API as the store uses, and a clear refusal of everything else."""
