"""Notations of other frameworks over this engine: a notebook runs with its import line changed."""

import lazy_loader

# Each is imported when it is first used: the stub beside this file lists them.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
