"""A process that is measured: ours or a script of this folder, both of which speak the same lines.

It prints "ready" once it is warm, seconds for every line it is sent, and a line of JSON when its input ends.
"""
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STARTING = 600
TUNED_MALLOC = {
    "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_TOP_PAD_": str(64 << 20), "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


class Failure(Exception):
    """Why a contender has no figure."""


@contextlib.contextmanager
def on_cores(count):
    """Binds this thread to so many cores for a while, and with it the processes that it starts, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class Running:
    """A contender at work."""

    def __init__(self, command, threads, environment):
        self.seconds = []
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.lines = queue.Queue()
        with on_cores(threads):
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, bufsize=1,
                env=environment)
        threading.Thread(target=self._read, daemon=True).start()
        self._expect("ready", STARTING)

    @classmethod
    def ours(cls, program, row, threads):
        command = [program, row.suite, "--child", row.case, "--lockstep", "--threads", str(threads)]
        return cls(command, threads, dict(os.environ))

    @classmethod
    def peer(cls, contender, threads, onnx):
        script, *arguments = contender.arguments
        command = [sys.executable, os.path.join(HERE, script), *arguments, "--threads", str(threads)]
        if script == "infer.py":
            command += ["--onnx", onnx]
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
        if contender.tuned_malloc:
            environment |= TUNED_MALLOC
        return cls(command, threads, environment)

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def _line(self, timeout):
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            self._fail(f"no answer within {timeout} s")
        if line is None:
            self._fail(f"ended with status {self.process.wait()}")
        return line

    def _expect(self, expected, timeout):
        line = self._line(timeout)
        if line != expected:
            self._fail(f"expected {expected!r}, got {line!r}")

    def _fail(self, reason):
        self.stop()
        self.errors.seek(0)
        last = [line.strip() for line in self.errors.read().splitlines() if line.strip()][-1:]
        raise Failure("; ".join([reason] + last))

    def sample(self, timeout):
        """Takes one sample."""
        try:
            self.process.stdin.write("\n")
        except OSError:
            pass  # It has ended, which the next line tells.
        line = self._line(timeout)
        try:
            self.seconds.append(float(line))
        except ValueError:
            self._fail(f"expected seconds, got {line!r}")
        self._rest()

    def _rest(self):
        """Waits until the process uses no processor any more.

        Threads of OpenBLAS and OpenMP look out for more work for a while after the last, and would take a core from whoever is next.
        """
        deadline, used = time.monotonic() + 2, -1
        while used != self.cpu_seconds() and time.monotonic() < deadline:
            used = self.cpu_seconds()
            time.sleep(0.05)

    def cpu_seconds(self):
        """Of the process, while it is there."""
        try:
            with open(f"/proc/{self.process.pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            return 0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def finish(self):
        """Ends the process and returns what it says of itself."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        line = self._line(60)
        self.process.wait()
        try:
            return json.loads(line)
        except ValueError:
            self._fail(f"expected a result, got {line!r}")

    def stop(self):
        """Ends the process, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
