"""CrossGuard policy packs: one library, one set of rules, packs as selections of them."""
