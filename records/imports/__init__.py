"""Records from before go-live, loaded by the departments that hold them."""
