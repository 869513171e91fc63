"""One OpenAPI document of everything that can be reached from outside."""
