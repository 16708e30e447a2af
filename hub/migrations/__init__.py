"""The schema of the console's own tables. `records.migrate` runs it with a version table of its own."""
