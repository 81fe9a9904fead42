"""Small pictures of every kind, and the check sums of what Pillow makes of them.

    python make_files.py

writes the pictures and `expected.tsv` beside this script. Pillow 13.0.0 (libjpeg-turbo 3.2.0), NumPy 2.4.6; seed 7.

Each line of expected.tsv: file, width, height, and the CRC-32 of the samples, row by row, of
  rgb       convert("RGB")
  grey      convert("L")
  nearest   convert("RGB").resize((11, 13), NEAREST)
  bilinear  convert("RGB").resize((11, 13), BILINEAR)
  area      convert("RGB").resize((11, 13), BOX)
  enlarged  convert("L").resize((50, 61), BILINEAR)

One deviation: Pillow turns grey of 16 bits into 8 by cutting off everything above 255. A film would come out white, so
the expected value is the high byte, as Pillow has it for 16-bit colour.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

HERE = Path(__file__).parent
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
random = np.random.default_rng(7)


def picture(width, height, channels):
    """Gradients, an edge and some noise, so that rounding and sampling errors show."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        plane = 40 + 3.1 * x * (c + 1) / (width / 37) + 2.3 * y * (3 - c % 3) / (height / 37)
        plane += 60 * ((x + y * (c + 1)) % 16 < 5) + random.normal(0, 12, (height, width))
        planes.append(plane)
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


# PNG, written by hand: Pillow writes neither interlaced files nor every bit depth.


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(rows, bits):
    """Rows of samples as bytes, the first sample in the high bits."""
    if bits == 16:
        return rows.astype(">u2").view(np.uint8)
    if bits == 8:
        return rows.astype(np.uint8)
    each = 8 // bits
    height, width = rows.shape
    padded = np.zeros((height, -(-width // each) * each), np.uint8)
    padded[:, :width] = rows
    shifts = 8 - bits * (1 + np.arange(each))
    return (padded.reshape(height, -1, each).astype(int) << shifts).sum(-1).astype(np.uint8)


def filtered(rows, step):
    """Every row with one of the five filters, in turn."""
    out = bytearray()
    previous = np.zeros(rows.shape[1], int)
    for number, row in enumerate(rows.astype(int)):
        left = np.concatenate([np.zeros(step, int), row])[: len(row)]
        corner = np.concatenate([np.zeros(step, int), previous])[: len(row)]
        estimate = left + previous - corner
        distances = [abs(estimate - left), abs(estimate - previous), abs(estimate - corner)]
        paeth = np.choose(np.argmin(distances, 0), [left, previous, corner])
        kind = number % 5
        base = [0 * row, left, previous, (left + previous) // 2, paeth][kind]
        out.append(kind)
        out += ((row - base) % 256).astype(np.uint8).tobytes()
        previous = row
    return bytes(out)


def png(name, pixels, bits, colour, interlaced=False, before=b"", between=False):
    """`pixels` [height, width, samples] of `bits` bits each."""
    height, width, samples = pixels.shape
    assert samples == SAMPLES[colour]
    step = max(1, samples * bits // 8)
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
        passes.append((1, 0, 2, 1))
    data = b""
    for top, left, down, right in passes:
        part = pixels[top::down, left::right]
        if part.size:
            data += filtered(packed(part.reshape(len(part), -1), bits), step)
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(interlaced))
    stream = zlib.compress(data, 9)
    parts = [stream[:40], stream[40:]] if between else [stream]
    body = b"".join(chunk(b"IDAT", part) for part in parts)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + body + chunk(b"IEND", b"")
    (HERE / name).write_bytes(content)


def make_pngs():
    for bits in (1, 2, 4, 8, 16):
        grey = random.integers(0, 1 << bits, (17, 29, 1))
        png(f"grey{bits}.png", grey, bits, 0)
        png(f"grey{bits}-interlaced.png", grey, bits, 0, interlaced=True)
    for bits in (8, 16):
        for colour, name in ((2, "rgb"), (4, "grey-alpha"), (6, "rgba")):
            pixels = random.integers(0, 1 << bits, (19, 23, SAMPLES[colour]))
            png(f"{name}{bits}.png", pixels, bits, colour, between=True)
        png(f"rgba{bits}-interlaced.png", pixels, bits, 6, interlaced=True)
    for bits in (1, 2, 4, 8):
        # One colour fewer than indices, so that the last index is beyond the palette.
        colours = random.integers(0, 256, ((1 << bits) - 1, 3)).astype(np.uint8)
        palette = chunk(b"PLTE", colours.tobytes())
        indices = random.integers(0, 1 << bits, (17, 29, 1))
        png(f"palette{bits}.png", indices, bits, 3, before=palette)
    opacity = chunk(b"tRNS", bytes([0, 128, 255]))
    png("palette-transparent.png", indices % 255, 8, 3, before=palette + opacity)
    key = chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    rgb = picture(23, 19, 3)
    png("rgb-transparent.png", rgb, 8, 2, before=key)
    gamma = chunk(b"gAMA", struct.pack(">I", 22222))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = chunk(b"iCCP", b"some\0\0" + zlib.compress(profile))
    png("profile-gamma.png", rgb, 8, 2, before=gamma + profile)
    png("one-pixel.png", rgb[:1, :1], 8, 2)
    png("one-pixel-interlaced.png", rgb[:1, :1], 8, 2, interlaced=True)
    png("one-column.png", rgb[:, :1], 8, 2)
    png("one-row.png", rgb[:1], 8, 2)


def make_jpegs():
    def save(name, pixels, **options):
        mode = {1: "L", 3: "RGB", 4: "CMYK"}[pixels.shape[-1]]
        image = Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
        image.save(HERE / name, quality=options.pop("quality", 85), **options)

    # Odd sizes leave part of a block, and of a pair of chroma samples, over the edge.
    for width, height in ((37, 45), (48, 32), (1, 1), (2, 3), (5, 2), (17, 9)):
        size = f"{width}x{height}"
        save(f"grey-{size}.jpg", picture(width, height, 1))
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            name = sampling.replace(":", "")
            save(f"rgb{name}-{size}.jpg", picture(width, height, 3), subsampling=sampling)
    save("grey-progressive.jpg", picture(37, 45, 1), progressive=True)
    save("rgb420-progressive.jpg", picture(37, 45, 3), subsampling="4:2:0", progressive=True)
    save("rgb422-progressive.jpg", picture(41, 45, 3), subsampling="4:2:2", progressive=True)
    save("rgb444-progressive.jpg", picture(37, 45, 3), subsampling="4:4:4", progressive=True)
    save("rgb420-large.jpg", picture(211, 157, 3), subsampling="4:2:0", quality=60)
    save("rgb420-restarts.jpg", picture(67, 45, 3), subsampling="4:2:0", restart_marker_blocks=2)
    save("rgb-stored.jpg", picture(37, 45, 3), keep_rgb=True)
    save("coarse.jpg", picture(37, 45, 3), quality=3)
    rotated = Image.Exif()
    rotated[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    save("profile-rotated.jpg", picture(37, 45, 3), exif=rotated, icc_profile=profile)
    save("cmyk.jpg", picture(37, 45, 4))
    # Kinds that Pillow does not write come from patched bytes: the blocks mean other pixels then, to all decoders alike.
    patch("ycck.jpg", "cmyk.jpg", b"Adobe", 11, 0, 2)
    # Components 1, 2, 3 in a frame header, each with its sampling: 2 x 1 blocks become 1 x 2, and 2 x 2 become 4 x 1.
    frame = b"\xff\xc0\x00\x11\x08"
    for size in ("37x45", "48x32", "1x1"):
        patch(f"rgb440-{size}.jpg", f"rgb422-{size}.jpg", frame, 11, 0x21, 0x12)
    save("rgb420-64x32.jpg", picture(64, 32, 3), subsampling="4:2:0")
    patch("rgb411-64x32.jpg", "rgb420-64x32.jpg", frame, 11, 0x22, 0x41)


def patch(name, original, mark, offset, old, new):
    content = bytearray((HERE / original).read_bytes())
    place = content.index(mark) + offset
    assert content[place] == old, (name, content[place])
    content[place] = new
    (HERE / name).write_bytes(content)


def check_sums(path):
    image = Image.open(path)
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    rgb, grey = image.convert("RGB"), image.convert("L")
    results = [rgb, grey]
    for method in (Image.NEAREST, Image.BILINEAR, Image.BOX):
        results.append(rgb.resize((11, 13), method))
    results.append(grey.resize((50, 61), Image.BILINEAR))
    return [f"{zlib.crc32(result.tobytes()):08x}" for result in results]


make_pngs()
make_jpegs()
lines = ["\t".join(["file", "width", "height", "rgb", "grey", "nearest", "bilinear", "area", "enlarged"])]
for path in sorted(HERE.iterdir()):
    if path.suffix in (".png", ".jpg"):
        width, height = Image.open(path).size
        lines.append("\t".join([path.name, str(width), str(height)] + check_sums(path)))
(HERE / "expected.tsv").write_text("\n".join(lines) + "\n")
