"""A process that raises one record and one counter by one, ``rounds`` times, and prints the numbers it was given."""

import sys

from attrs import evolve
from store_subjects import BEDS, SCHEMA

from sim.platform.sql import Conflict, open_store


def main(url: str, rounds: int) -> None:
    with open_store(url, schema=SCHEMA) as database:
        store = database("hub")
        done = 0
        while done < rounds:
            try:
                bed = store.get(BEDS, 1)
                store.put(BEDS, evolve(bed, patient=str(int(bed.patient) + 1)))
                number = store.next("visit")
                store.commit()
            except Conflict:
                continue
            print(number)  # noqa: T201 - what its parent waits for
            done += 1


main(sys.argv[1], int(sys.argv[2]))
