"""The judge's checks, one family a module. Each looks at what was said and emits observations; none does I/O."""
