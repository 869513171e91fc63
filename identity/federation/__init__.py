"""Sign-in elsewhere: people and officers whom an OpenID Connect provider of the city has authenticated.

The provider's ID token is exchanged for ours (RFC 8693). It is believed only as far as the configuration says.
"""
