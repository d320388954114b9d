"""Draws what `make bench BENCH=scale` has measured: cost against the number of clusters, both on logarithmic scales.

usage: plot-scale.py TABLE.csv PICTURE.png     (needs matplotlib)
"""

import csv
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

SHOWN = ["cold", "restart with that cache", "one base", "one leaf overlay", "one cluster's values",
         "a commit that no app reads"]


def main(table, picture):
    rows = list(csv.DictReader(open(table)))
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(11, 4.5))
    for what in SHOWN:
        points = [row for row in rows if row["what"] == what]
        time.plot([int(row["clusters"]) for row in points], [float(row["cpu_ms"]) for row in points], "o-", label=what)
    cold = [row for row in rows if row["what"] == "cold"]
    memory.plot([int(row["clusters"]) for row in cold], [float(row["memory_mb"]) for row in cold], "o-", label="cold")
    for axes, name in ((time, "processor time, ms"), (memory, "highest memory, MB")):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("clusters, 50 apps each")
        axes.set_ylabel(name)
        axes.grid(True, which="both", alpha=0.3)
        axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(picture, dpi=110)


main(sys.argv[1], sys.argv[2])
