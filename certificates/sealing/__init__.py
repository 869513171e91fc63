"""Keys, the chain to the platform's root, and the form of a sealed document."""
