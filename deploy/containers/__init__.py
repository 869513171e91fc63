"""The platform in containers: which secrets each may see, what must be done before services start, and their health."""
