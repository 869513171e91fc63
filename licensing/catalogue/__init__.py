"""What can be applied for: things, items, guides, evidence kinds, vocabulary and sharing rules, published as data."""
