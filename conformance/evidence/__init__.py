"""The evidence of a run: a folder that another can check and judge again, offline."""

from conformance.evidence.basis import Basis
from conformance.evidence.bundle import FORMAT, write_bundle
from conformance.evidence.checking import Problem, Verified, verify
from conformance.evidence.keys import Seal, Signer, signer

__all__ = ["FORMAT", "Basis", "Problem", "Seal", "Signer", "Verified", "signer", "verify", "write_bundle"]
