"""The store's schema, step by step. `records.migrate` runs it."""
