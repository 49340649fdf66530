"""A right hospital client in plain Python, for copying."""
