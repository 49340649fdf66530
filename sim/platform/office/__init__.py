"""The back office of a treatment place: files, reconciliation, clearing requests, catalogues, settlement lists."""
