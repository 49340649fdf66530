"""Recorded traffic understood: who took part, what belongs together, what each message was meant to do."""
