"""Evidence from before go-live: read by line, judged, loaded in batches, reported on. The same in every source."""
