"""What comes in is bounded, timed and checked here before anything else sees it."""
