"""A process that commits numbered segments until it is killed, and prints a number once its segment is durable.

A segment is a counter, a duty and a bed, which carry its number. Arguments: URL, what it does ("right", "group": commits
in groups of three; or a fault: "early": says so before it is, "apart": commits between the two records).
"""

import sys
from datetime import date

from store_subjects import BEDS, DUTIES, SCHEMA, Bed, Duty

from sim.platform.sql import open_store

DAY = date(2024, 3, 1)
GROUP = 3


def main(url: str, way: str) -> None:
    with open_store(url, schema=SCHEMA, group=way == "group") as database:
        store = database("hub")
        waiting: list[int] = []
        while True:
            number = store.next("segment")
            store.put(DUTIES, Duty(str(number), DAY, "甲"))
            if way == "apart":
                store.commit()
            if way == "early":
                print(number, flush=True)  # noqa: T201 - what its parent waits for
            store.put(BEDS, Bed(number, "乙", "taken", DAY, {"number": number}))
            if way != "early" or number % 50 == 0:
                store.commit()
            waiting.append(number)
            if way == "group" and len(waiting) < GROUP:
                continue
            database.flush()
            if way != "early":
                print(*waiting, sep="\n", flush=True)  # noqa: T201 - what its parent waits for
            waiting.clear()


main(*sys.argv[1:])
