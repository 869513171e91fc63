"""Loads the fixtures of tests/support, nothing else."""

pytest_plugins = [
    "tests.support.servers",
    "tests.support.databases",
    "tests.support.bus",
    "tests.support.accounts",
    "tests.support.clock",
    "tests.support.tokens",
    "tests.support.programs",
    "tests.support.softhsm",
]
