"""What those who run the platform ask the door."""
