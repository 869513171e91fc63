"""Numbers on certificates: what is sealed of them, and the number itself when its holder asks for a page."""
