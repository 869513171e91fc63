"""What a department may read of the certificates that a party holds."""
