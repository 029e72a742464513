"""snapml in a process of its own: it is compiled with fast-math, which switches subnormal floats off for everything beside it.

Reads a table of edges (.npy) from standard input and writes the cycles of 2 to 6 edges through each (.npy) to standard output.
Arguments: window, edges in a batch.
"""

import io
import sys

import numpy as np
from snapml import GraphFeaturePreprocessor


def main() -> None:
    window, batch = int(sys.argv[1]), int(sys.argv[2])
    table = np.load(io.BytesIO(sys.stdin.buffer.read()))
    preprocessor = GraphFeaturePreprocessor()
    preprocessor.set_params(
        {
            "num_threads": 1,
            "time_window": window,
            "vertex_stats": False,
            "fan": False,
            "degree": False,
            "scatter-gather": False,
            "temp-cycle": True,
            "temp-cycle_tw": window,
            "temp-cycle_bins": [2, 3, 4, 5, 6, 7],
            "lc-cycle": False,
        }
    )
    found = np.vstack([preprocessor.transform(table[n : n + batch]) for n in range(0, len(table), batch)])[:, 4:9]
    answer = io.BytesIO()
    np.save(answer, found)
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    main()
