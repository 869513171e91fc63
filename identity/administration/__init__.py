"""Who may work with the platform at all: departments, their officers, clients and keys, as an administrator says."""
