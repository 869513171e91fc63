"""People and organisations, the relations between them, and their encrypted numbers."""
