"""The comparison as text: a line while it runs, a document in Markdown at the end."""
import os
import platform
import re

MARKS = ("<!-- comparison: written by Scripts/compare -->", "<!-- end of the comparison -->")
COLUMNS = ["NumPy", "TensorFlow", "Keras", "PyTorch", "ONNX Runtime", "OpenVINO", "Pillow"]


def duration(seconds):
    if seconds >= 1:
        return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def best(row, framework=None):
    """Name and result of the fastest of the others, or of those of one framework."""
    results = [(label, result) for label, result in row["results"].items()
               if label != "Roentgen" and "failure" not in result and framework in (None, result["framework"])]
    return min(results, key=lambda item: item[1]["median_s"], default=None)


def ratio(row):
    """The time of the best of the others, or of the rival that the row names, by ours."""
    ours, other = row["results"]["Roentgen"], best(row, row.get("rival"))
    return other[1]["median_s"] / ours["median_s"] if other and "failure" not in ours else None


def verdict(row):
    value = ratio(row)
    if value is None:
        return "no figure"
    return "aim" if value >= row["aim"] else "reached" if value >= row["reach"] else "**below**"


def line(row):
    """One row as it is printed during the run."""
    ours, value = row["results"]["Roentgen"], ratio(row)
    text = f"{row['title']} ({row['threads']} threads): "
    text += "failed" if "failure" in ours else duration(ours["median_s"])
    for label, result in row["results"].items():
        if label != "Roentgen":
            text += f" | {label} " + ("failed" if "failure" in result else duration(result["median_s"]))
    if value is not None:
        text += f" | ratio {value:.2f}, to reach {row['reach']}, {verdict(row).strip('*')}"
    return text


def machine():
    """What the figures were measured on."""
    name, caches = platform.processor() or platform.machine(), ""
    try:
        with open("/proc/cpuinfo") as file:
            text = file.read()
        fields = dict(re.findall(r"^(model name|cpu family|model|cache size)\s*: (.*)$", text, re.MULTILINE))
        name = f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"
        flags = re.search(r"^flags\s*: (.*)$", text, re.MULTILINE).group(1).split()
        caches = ", ".join(flag for flag in ("avx2", "fma", "avx512f", "amx_bf16") if flag in flags)
        with open("/proc/meminfo") as file:
            memory = int(file.readline().split()[1]) / (1 << 20)
        caches += f"; {memory:.0f} GiB of memory"
    except (OSError, KeyError, AttributeError):
        pass
    return f"{name}, {os.cpu_count()} cores; {caches}; {platform.system()} {platform.release()}, Python {platform.python_version()}"


def table(header, rows, left=1):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * left + "---:|" * (len(header) - left)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def main_table(rows):
    columns = [name for name in COLUMNS if any(best(row, name) for row in rows)]
    body = []
    for row in rows:
        ours, fastest, value = row["results"]["Roentgen"], best(row), ratio(row)
        cells = [row["title"], str(row["threads"]), "failed" if "failure" in ours else duration(ours["median_s"])]
        for name in columns:
            found = best(row, name)
            takes_part = any(result["framework"] == name for result in row["results"].values())
            text = duration(found[1]["median_s"]) if found else "failed" if takes_part else ""
            cells.append(f"**{text}**" if found and fastest and found[0] == fastest[0] else text)
        cells += [f"{value:.2f}" if value else "–", f"{row['reach']:g} / {row['aim']:g}", verdict(row), row["limit"]]
        body.append(cells)
    return table(["case", "threads", "Roentgen"] + columns + ["ratio", "reach / aim", "", "bound by"], body)


def memory_table(rows):
    body = []
    for row in rows:
        if row["suite"] not in ("train-step", "inference", "main-job"):
            continue
        ours = row["results"]["Roentgen"]
        others = [(result["peak_rss_mb"], label) for label, result in row["results"].items()
                  if label != "Roentgen" and "failure" not in result]
        if "failure" in ours or not others:
            continue
        least, label = min(others)
        body.append([row["title"], str(row["threads"]), f"{ours['peak_rss_mb']:.0f} MB", f"{least:.0f} MB ({label})",
                     f"{ours['page_faults']:.0f}"])
    return table(["case", "threads", "Roentgen", "least of the others", "page faults a run of ours"], body) if body else ""


def detail_table(rows):
    body = []
    for row in rows:
        for label, result in row["results"].items():
            if "failure" in result:
                body.append([row["title"], label, f"failed: {result['failure'][:120]}", "", "", "", "", ""])
                continue
            body.append([
                row["title"], label, duration(result["median_s"]), duration(result["min_s"]), duration(result["max_s"]),
                str(result["samples"]), f"{result['peak_rss_mb']:.0f}", f"{result['page_faults']:.0f}"])
    return table(["case", "contender", "median", "least", "most", "samples", "peak MB", "page faults"], body, left=2)


def document(comparison):
    """The whole comparison in Markdown."""
    rows = comparison["rows"]
    versions = sorted({result["version"] for row in rows for result in row["results"].values() if "version" in result})
    dates = sorted({row["time"] for row in rows})
    others = [row["other_cores"] for row in rows if row["other_cores"] is not None]
    peaks = "; ".join(
        f"{peak['case']} " + (f"{peak['gflops']:.0f} GFLOP/s" if "gflops" in peak else f"{peak['gb_per_s']:.0f} GB/s")
        for peak in comparison["peaks"])
    notes = [
        f"Measured {' to '.join(dict.fromkeys([dates[0], dates[-1]]))} on {comparison['machine']}.",
        f"Against {', '.join(versions)}.",
        f"This machine's peaks, in the suite `peaks`: {peaks}.",
    ]
    if others:
        notes.append(f"Other processes used {min(others):.2f} to {max(others):.2f} cores while a row was measured.")
    parts = [
        "\n".join(notes), main_table(rows),
        "Each framework stands with its fastest variant, the fastest of all in bold; the ratio is its time by ours (for augmentation from memory, that of Keras).",
        memory_table(rows), "<details><summary>Every contender</summary>", detail_table(rows), "</details>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write(text, path):
    """Writes a file, or the part of a file between the two marks."""
    existing = ""
    if os.path.exists(path):
        with open(path) as file:
            existing = file.read()
    start, end = (existing.find(mark) for mark in MARKS)
    if 0 <= start < end:
        text = existing[:start] + MARKS[0] + "\n\n" + text + "\n" + existing[end:]
    elif existing and path.endswith(".md") and "Measured " not in existing[:9]:
        raise SystemExit(f"{path}: has no marks {MARKS[0]} … {MARKS[1]} between which the table could go")
    with open(path, "w") as file:
        file.write(text)
