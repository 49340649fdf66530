"""The reference world: interface, benefits, platforms, service, simulation. It never imports ``conformance``."""
