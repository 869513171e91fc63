"""From what a thing needs and what the government holds to a plan: what is known, what is asked, in which order."""
