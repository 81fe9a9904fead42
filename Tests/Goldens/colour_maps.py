"""The colours of inferno and berlin at 0 … 255: colour_maps.json beside this file.

    python3 Tests/Goldens/colour_maps.py

From Matplotlib 3.11.2, which has inferno by Nathaniel Smith and Stéfan van der Walt (CC0) and berlin by
Fabio Crameri (MIT). Prints the tables of Sources/Reporting/Pictures/ColourMap.swift: every fifth colour.
"""

import json
import pathlib

import matplotlib
import numpy as np

assert matplotlib.__version__ == "3.11.2", matplotlib.__version__
maps = {}
for name in "inferno", "berlin":
    colours = matplotlib.colormaps[name](np.arange(256))[:, :3]
    maps[name] = np.round(255 * colours).astype(int).tolist()
    print(name, *("".join(f"{v:02x}" for v in colour) for colour in maps[name][::5]))

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(maps, separators=(",", ":")) + "\n")
