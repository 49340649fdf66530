"""The simulated world: people, hospitals, counters, readers, links and faults, run by SimPy, by its own clock."""
