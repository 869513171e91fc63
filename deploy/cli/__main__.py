"""`python -m deploy.cli` is `onevisit`."""

from deploy.cli import main

main()
