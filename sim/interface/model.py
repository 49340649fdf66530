"""The interface dictionary as typed values: transactions, their nodes and fields, code lists, amount identities.

Names on the wire (``psn_no``, ``setlinfo``) are kept as they are; labels are Chinese.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import field, frozen

from sim.lang import Text

Direction = Literal["request", "reply"]
FieldType = Literal["string", "number", "integer", "date", "datetime", "yearmonth", "boolean", "object", "list"]
Origin = Literal["common", "client", "hunan"]
Sure = Literal["high", "medium", "low"]
Test = Literal["equals", "not_equals", "present", "absent", "negative"]

ROOT = "(root)"
"""Name of a node whose fields, or rows, lie directly under ``input`` or ``output``."""


@frozen
class Condition:
    """When a conditional field must be sent.

    ``test`` looks at ``field`` beside the conditional field (or, with ``inside`` set, anywhere in the nodes under that
    member of the message). Without a test the condition cannot be decided from one message and is only told.
    ``partly`` means that the test is enough to require the field but not the only reason to send it.
    """

    text: Text
    field: str = ""
    test: Test | None = None
    value: str | int | None = None
    inside: str = ""
    partly: bool = False


@frozen
class Field:
    """One field. ``length``: characters of a string, digits of an integer, or (precision, scale) of a number.

    ``required``: in a request it must be sent, in a reply it is never empty; ``when`` qualifies a conditional one.
    ``codes`` names a code list; ``coded`` without ``codes`` means coded, list unknown. ``origin`` and ``sure`` say how
    well the field is attested, ``stricter_in`` names the variant that always requires it.
    """

    name: str
    zh: str
    type: FieldType
    length: int | tuple[int, int] | None = None
    codes: str | None = None
    required: bool = False
    when: Condition | None = None
    origin: Origin = "common"
    sure: Sure = "high"
    format: str | None = None
    alias: str | None = None
    note: Text | None = None
    coded: bool = False
    stricter_in: str | None = None
    max_chars: int | None = None

    @property
    def decimals(self) -> int:
        """Digits after the point that a number may have; 0 for other types."""
        return self.length[1] if isinstance(self.length, tuple) else 0


@frozen
class Node:
    """A group of fields under ``input`` or ``output``: one object, or a list of rows.

    ``also="object"``: a single row may arrive without the list around it. ``alias`` is another name to accept when
    reading. ``parent`` names the node whose rows contain this one.
    """

    name: str
    kind: Literal["object", "list"]
    required: bool
    fields: tuple[Field, ...]
    also: Literal["object"] | None = None
    alias: str | None = None
    parent: str | None = None

    def find(self, name: str) -> Field | None:
        """The field of that name."""
        return next((f for f in self.fields if f.name == name), None)


@frozen
class Extension:
    """A field that some region or client adds: ``inside`` is ``input.<node>`` or ``output.<node>``."""

    name: str
    zh: str
    type: str
    inside: str
    where: str
    length: int | tuple[int, int] | None = None
    required_there: bool = False


@frozen
class Transaction:
    """One transaction. ``reversible_by`` lists the transactions that undo it; ``sure`` is the trust in its layout.

    ``derived_from``: the layout is taken over from that transaction because no source prints its own.
    ``then`` tells the call that follows; ``files`` the columns of the text files that travel beside the message.
    """

    infno: str
    name: Text
    group: str
    kind: Literal["query", "write", "settle", "reverse", "file"]
    reversible_by: tuple[str, ...]
    sure: Sure
    input: tuple[Node, ...]
    output: tuple[Node, ...]
    extensions: tuple[Extension, ...] = ()
    derived_from: str | None = None
    status: str = ""
    then: str = ""
    note: Text | None = None
    section: str = ""
    files: Mapping[str, Any] = field(factory=dict)

    def nodes(self, direction: Direction) -> tuple[Node, ...]:
        """The nodes of the request (input) or the reply (output)."""
        return self.input if direction == "request" else self.output

    def node(self, direction: Direction, name: str) -> Node | None:
        """The node of that name."""
        return next((n for n in self.nodes(direction) if n.name == name), None)

    def fields(self) -> Iterator[tuple[Direction, Node, Field]]:
        """Every field with its direction and node, requests first."""
        directions: tuple[Direction, ...] = ("request", "reply")
        for direction in directions:
            for node in self.nodes(direction):
                for one in node.fields:
                    yield direction, node, one


@frozen
class CodeList:
    """A code list: code to Chinese label. ``regional``: values differ by province, all known readings are listed.

    An ``open`` list is not enumerated (``values`` is empty or only what is known); ``pattern`` then gives the shape.
    """

    name: str
    zh: str
    values: Mapping[str, str]
    regional: bool = False
    open: bool = False
    pattern: str | None = None
    note: Text | None = None
    source: str = ""
    unconfirmed: tuple[str, ...] = ()
    only_hunan: tuple[str, ...] = ()
    only_clients: tuple[str, ...] = ()


@frozen
class Amount:
    """An identity between amounts. ``total relation sum(parts)`` when it is linear, else only ``identity`` tells it.

    ``infnos``, ``direction`` and ``node`` say where it holds; ``status``: stated, observed, derived or reference
    (the reference's own reading). Tolerance ``tolerance`` is in fen.
    """

    id: str
    identity: Text
    status: Literal["stated", "observed", "derived", "reference"]
    total: str = ""
    relation: Literal["", "=", "<="] = ""
    parts: tuple[str, ...] = ()
    infnos: tuple[str, ...] = ()
    direction: Direction = "reply"
    node: str = ""
    tolerance: int = 0
    note: Text | None = None


@frozen
class Envelope:
    """The fields around every message, in the order of the specification."""

    request: tuple[Field, ...]
    response: tuple[Field, ...]
    extensions: tuple[Extension, ...] = ()

    def fields(self, direction: Direction) -> tuple[Field, ...]:
        """The fields around a request or a reply."""
        return self.request if direction == "request" else self.response


@frozen
class Reversal:
    """Transactions whose outcome 2601 may take back."""

    oinfno: tuple[str, ...]


@frozen(eq=False)
class Interface:
    """The national interface, or a variant laid over it. Compared by identity: loading is cached."""

    name: str
    title: Text
    version: str
    base: str | None
    sources: tuple[Mapping[str, Any], ...]
    envelope: Envelope
    transactions: Mapping[str, Transaction]
    codelists: Mapping[str, CodeList]
    amounts: tuple[Amount, ...]
    reversal: Reversal
