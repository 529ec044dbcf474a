"""Where the data files of the project lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
STANDARDS = DATA / "standards"
REFERENCE = DATA / "reference"
