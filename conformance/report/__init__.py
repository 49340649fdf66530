"""Reports of a run: HTML for people, JUnit XML and JSON for machines, a few lines for the terminal."""

from conformance.report.write import Paths, write

__all__ = ["Paths", "write"]
