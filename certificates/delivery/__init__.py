"""Paper copies: brought to the holder by a courier, or kept ready where the holder comes for them."""
