"""Generated conversations: legal ones with at most one fault, played against a platform, shrunk to the shortest that
fails, and written as a pack that repeats it."""

from conformance.explore.platform import Explored, explore_platform

__all__ = ["Explored", "explore_platform"]
