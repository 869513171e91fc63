"""What was filed: departments' records, their corrections, and who looked at whose data."""
