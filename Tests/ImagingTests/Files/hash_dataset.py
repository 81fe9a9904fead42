"""Check sums of what Pillow makes of the real images, which are not part of this project.

    COVID_DATASET=/path/to/CovidDataset python hash_dataset.py

writes `dataset.tsv` beside this script: names and check sums only. Pillow 13.0.0 (libjpeg-turbo 3.2.0, zlib-ng 2.3.3).

Each line: path, format, mode as Pillow opens it, progressive or interlaced (1 or 0), ICC profile (1 or 0), width, height,
and the CRC-32 of the samples, row by row, of
  nearest   convert("RGB").resize((224, 224), NEAREST)
  grey      convert("L").resize((224, 224), NEAREST)
and, for every 25th file, else "-", of
  full      convert("RGB")
  bilinear  convert("RGB").resize((224, 224), BILINEAR)
  area      convert("L").resize((224, 224), BOX)
"""

import os
import zlib
from pathlib import Path

from PIL import Image

root = Path(os.environ["COVID_DATASET"])
names = "path format mode progressive profile width height nearest grey full bilinear area".split()
lines = ["\t".join(names)]
files = sorted(path for path in root.glob("*/*/*") if path.is_file())
for number, path in enumerate(files):
    image = Image.open(path)
    interlaced = image.format == "PNG" and path.read_bytes()[28] == 1
    facts = [str(path.relative_to(root)), image.format, image.mode]
    facts.append(str(int("progressive" in image.info or interlaced)))
    facts += [str(int("icc_profile" in image.info)), str(image.width), str(image.height)]
    rgb, grey = image.convert("RGB"), image.convert("L")
    size = (224, 224)
    results = [rgb.resize(size, Image.NEAREST), grey.resize(size, Image.NEAREST), None, None, None]
    if number % 25 == 0:
        results[2:] = [rgb, rgb.resize(size, Image.BILINEAR), grey.resize(size, Image.BOX)]
    sums = [f"{zlib.crc32(result.tobytes()):08x}" if result else "-" for result in results]
    lines.append("\t".join(facts + sums))
(Path(__file__).parent / "dataset.tsv").write_text("\n".join(lines) + "\n")
