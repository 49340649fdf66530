"""Known-bad platforms, each the reference with one planted fault, and who catches them."""

from conformance.mutants.hunt import Caught, hunt, right
from conformance.mutants.platforms import Mutant, mutant, mutants

__all__ = ["Caught", "Mutant", "hunt", "mutant", "mutants", "right"]
