"""NumPy and pandas, which are needed only by what takes or gives arrays and tables."""
from __future__ import annotations

from typing import Any


def numpy() -> Any:
    """The module numpy."""
    try:
        import numpy as module
    except ImportError:
        raise ImportError("this needs NumPy: apt install python3-numpy, or pip install numpy") from None
    return module


def pandas() -> Any:
    """The module pandas."""
    try:
        import pandas as module
    except ImportError:
        raise ImportError("this needs pandas: apt install python3-pandas, or pip install pandas") from None
    return module
