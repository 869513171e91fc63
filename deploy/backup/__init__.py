"""A whole deployment in one folder, and a whole deployment out of it: databases at one cut, keys sealed."""
