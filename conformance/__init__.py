"""The conformance suite: watches real implementations and judges what it saw against ``sim``."""
