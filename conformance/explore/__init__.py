"""Generated conversations: legal ones with at most one fault, played against a platform, shrunk to the shortest that
fails, and written as a pack that repeats it."""

from conformance.explore.platform import explore_platform
from conformance.explore.search import Explored

__all__ = ["Explored", "explore_platform"]
