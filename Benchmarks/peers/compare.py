"""Runs the same cases in Roentgen and in other frameworks, in alternation, and prints the ratios. See Scripts/compare."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

import report
from contender import Failure, Running
from rows import ROWS

SAMPLE_TIMEOUT = 3600


def parse():
    parser = argparse.ArgumentParser(prog="Scripts/compare", description=__doc__)
    parser.add_argument("--rows", metavar="PATTERN", help="only rows whose title matches this regular expression")
    parser.add_argument("--repetitions", type=int, metavar="N", help="samples of each contender (5; 1 of what takes minutes)")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of all rows that do not name their own (2)")
    parser.add_argument("--quick", action="store_true", help="3 samples, and without the job of 10 epochs")
    parser.add_argument("--only", metavar="PATTERN", help="only contenders whose name matches this regular expression")
    parser.add_argument("--add", action="store_true", help="keep the rows of earlier runs that this one does not measure")
    parser.add_argument("--list", action="store_true", help="print the rows and who takes part, and measure nothing")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--output", metavar="FILE", help="where the table goes; between its two marks, if the file has them")
    options = parser.parse_args()
    for name in ("repetitions", "threads"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name}: needs 1 or more, got {value}")
    return options


def usual_threads(options):
    """Those of rows that do not name their own."""
    return options.threads or min(2, os.cpu_count() or 1)


def busy_seconds():
    """Of all cores since the machine was started; `None` where the system does not say."""
    try:
        with open("/proc/stat") as file:
            numbers = [int(text) for text in file.readline().split()[1:]]
    except OSError:
        return None
    return sum(numbers[i] for i in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")


def measure(row, options):
    """All contenders of a row, side by side: each takes a sample in turn."""
    threads = row.threads or usual_threads(options)
    repetitions = options.repetitions or (1 if row.is_long else 3 if options.quick else 5)
    started = {"Roentgen": lambda: Running.ours(options.program, row, threads)}
    for contender in row.contenders:
        if options.only is None or re.search(options.only, contender.label):
            started[contender.label] = lambda contender=contender: Running.peer(
                contender, threads, os.path.join(options.folder, "article.onnx"))
    frameworks = {"Roentgen": "Roentgen"} | {contender.label: contender.framework for contender in row.contenders}
    running, results = {}, {}

    def attempt(label, action):
        try:
            return action()
        except Failure as failure:
            results[label] = {"failure": str(failure)}
            running.pop(label, None)
            print(f"  {label}: failed, {failure}", file=sys.stderr)

    try:
        for label, start in started.items():
            process = attempt(label, start)
            if process:
                running[label] = process
        clock, busy = time.monotonic(), busy_seconds()
        used = sum(process.cpu_seconds() for process in running.values())
        for _ in range(repetitions):
            for label in list(running):
                attempt(label, lambda process=running[label]: process.sample(SAMPLE_TIMEOUT))
        wall = time.monotonic() - clock
        others = None
        if busy is not None:
            used = sum(process.cpu_seconds() for process in running.values()) - used
            others = max(0.0, (busy_seconds() - busy - used) / wall)
        for label in list(running):
            process = running[label]
            result = attempt(label, process.finish)
            if result:
                result |= {"median_s": statistics.median(process.seconds), "samples": len(process.seconds)}
                results[label] = result
    finally:
        for process in running.values():
            process.stop()
    for label, result in results.items():
        result["framework"] = frameworks[label]
    return {
        "title": row.title, "suite": row.suite, "threads": threads, "reach": row.reach, "aim": row.aim,
        "limit": row.limit, "rival": row.rival, "other_cores": others, "time": time.strftime("%Y-%m-%d"),
        "results": {label: results[label] for label in started},
    }


def selected(options):
    rows = [row for row in ROWS if options.rows is None or re.search(options.rows, row.title)]
    if options.quick:
        rows = [row for row in rows if row.case != "10 epochs of 8 steps of 32"]
    if not rows:
        sys.exit(f"--rows {options.rows}: the rows are\n" + "\n".join(row.title for row in ROWS))
    return rows


def main():
    options = parse()
    rows = selected(options)
    if options.list:
        for row in rows:
            print(f"{row.title}: {'; '.join(contender.label for contender in row.contenders)}")
        return
    path = os.path.join(options.folder, "comparison.json")
    measured = {}
    if options.add and os.path.exists(path):
        with open(path) as file:
            measured = {row["title"]: row for row in json.load(file)["rows"]}
    peaks = subprocess.run(
        [options.program, "peaks", "--json", "--threads", str(usual_threads(options))],
        capture_output=True, text=True, check=True).stdout
    peaks = [json.loads(line) for line in peaks.splitlines()]
    for row in rows:
        if row.needs_images and "COVID_DATASET" not in os.environ:
            print(f"{row.title}: left out, COVID_DATASET names no folder with Train and Val", file=sys.stderr)
            continue
        measured[row.title] = measure(row, options)
        print(report.line(measured[row.title]), flush=True)
        # After every row, so that a run that is stopped leaves what it has.
        ordered = [measured[row.title] for row in ROWS if row.title in measured]
        comparison = {"machine": report.machine(), "peaks": peaks, "rows": ordered}
        with open(path, "w") as file:
            json.dump(comparison, file, indent=1, ensure_ascii=False)
        report.write(report.document(comparison), options.output or os.path.join(options.folder, "comparison.md"))
    print(f"Table: {options.output or os.path.join(options.folder, 'comparison.md')}")


main()
