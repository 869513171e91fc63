"""OAuth 2: departments, officers, clients, access tokens and the keys that sign them."""
