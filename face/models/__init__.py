"""Model packs: the weights the room runs on, each file pinned by its SHA-256."""
