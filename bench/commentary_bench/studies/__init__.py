"""The studies, a module each: what is measured, and how it is told."""

import importlib
import pkgutil

from ..machine import read


def names(bench):
    """In the order in which they run, and in which RESULTS.md has them."""
    return read(f"{bench}/studies").split()


def modules():
    return sorted(one.name for one in pkgutil.iter_modules(__path__))


def load(name):
    """The Study of that name."""
    return importlib.import_module(f"{__name__}.{name}").STUDY
