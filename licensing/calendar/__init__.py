"""Working days: which days the government works, administered year by year, and legal arithmetic over them."""
