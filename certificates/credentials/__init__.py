"""Certificates in the form that wallets hold: claims shown one by one, by who holds the key (SD-JWT VC)."""
