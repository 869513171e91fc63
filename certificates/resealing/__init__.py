"""Certificates sealed again with the present keys, all of them: after a key was replaced, revoked or found weak."""
