"""Whether a deployment is as it must be: `onevisit doctor` says it all; on some of it a service does not start."""
