"""The `docker-build` plugin: images are pushed nowhere, and their digests follow from what they would be built from."""
