"""Build src/forefield/data/falls.npz: the falls of every piece, by level of wind.

Run it after a change of data/debris.toml's pieces or of kernels/fall.py; a test says
when it is due. A minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forefield.engagement.pieces import compute_falls, falls_key

OUT = Path("src/forefield/data/falls.npz")


def main() -> None:
    table = compute_falls().astype(np.float32)
    np.savez_compressed(OUT, table=table, key=np.array(falls_key()))
    print(OUT, table.shape, f"{OUT.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
