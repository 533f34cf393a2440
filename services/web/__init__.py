"""The storefront: pages for customers, made on the server from what the API answers."""
