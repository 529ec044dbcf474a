"""What is compiled for kernels alone would crash Python: nobody but kernels calls it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    file
    for folder in ("geo", "etl", "dashboard", "bench", "tests")
    for file in sorted((ROOT / folder).rglob("*.py"))
]


def decorators(function: ast.FunctionDef) -> set[str]:
    """Names by which a function is decorated."""
    calls = [one.func if isinstance(one, ast.Call) else one for one in function.decorator_list]
    return {one.id for one in calls if isinstance(one, ast.Name)}


def pieces_of(tree: ast.Module) -> set[str]:
    """Functions of a file that are compiled for kernels alone."""
    return {
        one.name
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and decorators(one) & {"piece", "inlined"}
    }


PIECES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts): pieces_of(ast.parse(file.read_text()))
    for file in FILES
    if any(f"@{one}" in file.read_text() for one in ("piece", "inlined")) and file != Path(__file__)
}


def called_by_python(tree: ast.Module, names: set[str]) -> set[str]:
    """Names that are used outside of compiled functions."""
    found: set[str] = set()
    for statement in tree.body:
        compiled = isinstance(statement, ast.FunctionDef) and decorators(statement) & {
            "piece",
            "inlined",
            "kernel",
            "njit",
        }
        if not compiled and not isinstance(statement, ast.ImportFrom):
            used = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)}
            found |= used & names
    return found


def test_there_are_pieces() -> None:
    assert sum(map(len, PIECES.values())) > 50


@pytest.mark.parametrize(
    "file",
    [one for one in FILES if "geo._" in one.read_text() or one.parent.name == "geo"],
    ids=str,
)
def test_no_piece_is_called_by_python(file: Path) -> None:
    tree = ast.parse(file.read_text())
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    names = set(PIECES.get(module, ()))
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom) and statement.module in PIECES:
            imported = {one.name: one.asname or one.name for one in statement.names}
            names |= {imported[one] for one in imported.keys() & PIECES[statement.module]}
    assert not called_by_python(tree, names)
