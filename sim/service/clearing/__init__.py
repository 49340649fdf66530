"""Ledgers and the month's clearing for people: as data, as files, as pages."""

from sim.service.clearing.command import Shown, show_month

__all__ = ["Shown", "show_month"]
