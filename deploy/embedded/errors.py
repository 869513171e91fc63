"""The ways a launch says no. Each is one clear line and what to do about it."""


class LaunchError(Exception):
    """The platform could not be started or reached; the text tells the person at the keyboard what to do."""
