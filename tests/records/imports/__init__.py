"""Records from before go-live."""
