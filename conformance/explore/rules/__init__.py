"""What may be said at which moment: a table of all acts, by what they are about."""

from conformance.explore.rules.act import OPEN
from conformance.explore.rules.filings import FILES
from conformance.explore.rules.settlements import STAY, TERMS
from conformance.explore.rules.statements import OFF, STATEMENTS
from conformance.explore.rules.table import ACTS, OPENS, do, kind_of, verdict

__all__ = ["ACTS", "FILES", "OFF", "OPEN", "OPENS", "STATEMENTS", "STAY", "TERMS", "do", "kind_of", "verdict"]
