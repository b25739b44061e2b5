"""The exact audit: every type profile of a small instance, every answer."""
