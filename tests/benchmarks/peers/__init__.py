"""The same twenty requests said by this suite, by Tavern and by Schemathesis: ``make bench-peers``."""
