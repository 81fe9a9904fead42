"""What the scripts of all frameworks share: thread limits, and samples in lockstep with other contenders.

Call set_threads before importing numpy, torch or tensorflow.
"""
import json
import os
import resource
import statistics
import sys
import time

# Frameworks print on standard output too. Answers go where it was when this module was imported.
_answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def set_threads(count):
    """Limits every runtime to `count` threads."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
                 "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(count)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def _usage():
    return resource.getrusage(resource.RUSAGE_SELF)


def _sample(function, is_long):
    """Seconds of one call, repeated for 20 ms at the least, and the number of calls."""
    start = time.perf_counter()
    calls = 0
    while True:
        function()
        calls += 1
        seconds = time.perf_counter() - start
        if is_long or seconds >= 0.02:
            return seconds / calls, calls


def lockstep(function, version, is_long=False):
    """Warms up, prints "ready", takes a sample for every line of input and prints its seconds, then prints the result."""
    is_short = False
    if not is_long:
        for _ in range(2):
            is_short = _sample(function, is_long)[1] > 1
    print("ready", file=_answers)
    seconds, calls = [], 0
    faults = _usage().ru_minflt
    for _ in sys.stdin:
        if is_short:  # after a pause, in which others had the machine, caches are cold
            for _ in range(2):
                _sample(function, is_long)
        sample, count = _sample(function, is_long)
        seconds.append(sample)
        calls += count
        print(sample, file=_answers)
    print(json.dumps({
        "median_s": statistics.median(seconds), "min_s": min(seconds), "max_s": max(seconds),
        "page_faults": round((_usage().ru_minflt - faults) / calls), "peak_rss_mb": _usage().ru_maxrss / 1024,
        "version": version,
    }), file=_answers)
