"""The bus's door: which departments are let onto it, what they may do there, and who is put out again."""
