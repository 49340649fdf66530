"""The reference platforms, free of I/O: provinces and the hub, their people, hospitals and catalogue."""

from sim.platform.catalogue import Item, items
from sim.platform.exchange import HUB, Answer, Lost, Outbound, Steps
from sim.platform.intents import INTENTS, Intent, Recovery
from sim.platform.office.transfer import content_of
from sim.platform.people import (
    Department,
    FilingRecord,
    Institution,
    Named,
    People,
    Person,
    institutions,
    persons,
    pharmacies,
)
from sim.platform.readings import Reading, Readings, readings
from sim.platform.reference import Handlers, Party, Reference, reference
from sim.platform.refusal import Refused, refuse
from sim.platform.regions import Milestone, Region, connected, milestones, province_of, regions
from sim.platform.store import MemoryStore, Store, Table

__all__ = [
    "HUB",
    "INTENTS",
    "Answer",
    "Department",
    "FilingRecord",
    "Handlers",
    "Institution",
    "Intent",
    "Item",
    "Lost",
    "MemoryStore",
    "Milestone",
    "Named",
    "Outbound",
    "Party",
    "People",
    "Person",
    "Reading",
    "Readings",
    "Recovery",
    "Reference",
    "Refused",
    "Region",
    "Steps",
    "Store",
    "Table",
    "connected",
    "content_of",
    "institutions",
    "items",
    "milestones",
    "persons",
    "pharmacies",
    "province_of",
    "readings",
    "reference",
    "refuse",
    "regions",
]
