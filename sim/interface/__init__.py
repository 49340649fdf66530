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
from sim.interface.schemas import Numbers, schema
from sim.interface.validation import Problem, validate, validate_reference

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
    "Numbers",
    "Problem",
    "Reversal",
    "Transaction",
    "interface",
    "names",
    "schema",
    "transaction",
    "validate",
    "validate_reference",
]
