"""Relations that hold for every policy: how settlements must stand to each other where nobody knows the policy.

Each relation is a value with an id, a text in both languages, a clause and the facts it needs; it judges amounts as
they stand in replies, so it works on anybody's. ``RELATIONS["the_order_of_lines_is_irrelevant"].judge(a, b)``.
"""

from sim.benefits.relations import alone, bills, course, people
from sim.benefits.relations.observed import Observed, observe
from sim.benefits.relations.relation import RELATIONS, Deviation, Need, Relation, Verdict
from sim.benefits.relations.terms import UNKNOWN, Terms, terms_of

__all__ = [
    "RELATIONS",
    "UNKNOWN",
    "Deviation",
    "Need",
    "Observed",
    "Relation",
    "Terms",
    "Verdict",
    "alone",
    "bills",
    "course",
    "observe",
    "people",
    "terms_of",
]
