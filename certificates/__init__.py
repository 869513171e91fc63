"""What was issued: certificates, their seals, and whether one is genuine and in force."""
