"""What is said: the interface dictionary, its variants, envelope, bytes, JSON Schemas and validation."""

from sim.interface.load import interface, names, transaction
from sim.interface.model import (
    Amount,
    CodeList,
    Condition,
    Direction,
    Envelope,
    Extension,
    Field,
    Interface,
    Node,
    Reversal,
    Transaction,
)

__all__ = [
    "Amount",
    "CodeList",
    "Condition",
    "Direction",
    "Envelope",
    "Extension",
    "Field",
    "Interface",
    "Node",
    "Reversal",
    "Transaction",
    "interface",
    "names",
    "transaction",
]
