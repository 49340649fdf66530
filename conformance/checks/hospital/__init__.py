"""The judge of a hospital system: its messages by themselves, in order, and held against what it was told to do."""

from conformance.checks.hospital.judging import judge_hospital

__all__ = ["judge_hospital"]
