"""How much one client, one party or one address may ask, and how much may be under way at all."""
