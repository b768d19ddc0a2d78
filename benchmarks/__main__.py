"""``make bench``: run every benchmark, print one table of ratios, and keep it in ``benchmarks/RESULTS.md``."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from benchmarks import bench_hog, costs, events, http_api
from benchmarks.report import Row, table
from benchmarks.servers import data_folder


def main() -> None:
    rows: list[Row] = []
    with data_folder() as folder:
        rows += http_api.run(folder)
        rows += events.run(folder)
    rows += costs.run()
    rows += bench_hog.run()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    text = f"# Results of `make bench`\n\n{machine}. Believe the ratios, not the absolute figures.\n\n{table(rows)}\n"
    Path(__file__).with_name("RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
