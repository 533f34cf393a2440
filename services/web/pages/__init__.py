"""Pages of the storefront, by subject: each module lists its own in PAGES."""
