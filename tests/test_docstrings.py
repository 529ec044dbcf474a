"""Geo's public functions are called from outside: each documents every parameter and result."""

import importlib
import inspect
import pkgutil

import pytest
from numpydoc.validate import validate

import geo

WANTED = {"GL08", "SS03", "PR01", "PR02", "PR03", "RT01"}
MODULES = [f"geo.{one.name}" for one in pkgutil.iter_modules(geo.__path__) if one.name[0] != "_"]


def public_functions() -> list[str]:
    found = []
    for name in MODULES:
        module = importlib.import_module(name)
        found += [
            f"{name}.{attribute}"
            for attribute, value in vars(module).items()
            if inspect.isfunction(value)
            and value.__module__ == name
            and not attribute.startswith("_")
        ]
    return found


@pytest.mark.parametrize("name", public_functions())
def test_a_public_function_of_geo_documents_parameters_and_results(name: str) -> None:
    faults = [text for code, text in validate(name)["errors"] if code in WANTED]

    assert faults == []
