"""The way to the services: lean keep-alive connections, bounded in number, honest when there is no answer."""
