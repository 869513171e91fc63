"""What a department may read of the records about a party."""
