"""The services of the platform, by name. The only list of them in the deployment."""

# In this order, because identity signs the tokens that the others ask for.
WITH_DATABASE = ("identity", "licensing", "certificates", "records")
ALL = (*WITH_DATABASE, "gateway")
