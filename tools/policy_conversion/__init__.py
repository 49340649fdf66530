"""The shared file of benefit parameters, entry by entry, into policy files: see `tools.convert_policies`."""

from tools.policy_conversion.files import convert, written
from tools.policy_conversion.pool import Pool

__all__ = ["Pool", "convert", "written"]
