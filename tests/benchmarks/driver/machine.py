# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The machine that measures, and what else it does meanwhile."""

import os
import pathlib
import platform
import re
import resource
import subprocess

TICK = 1 / os.sysconf("SC_CLK_TCK")
# Of a line of /proc/stat: user, nice, system, and what the host of a virtual machine took.
BUSY = (1, 2, 3, 8)


def busy_seconds(text=None):
    """How long all processors together have been busy."""
    text = text or pathlib.Path("/proc/stat").read_text(encoding="utf-8")
    words = text.split("\n", 1)[0].split()
    return sum(int(words[i]) for i in BUSY if i < len(words)) * TICK


def own_seconds():
    """How long this process and those that it waited for have been busy."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def siblings(cpu):
    """The processors that share one core with this one."""
    path = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {cpu}
    found = set()
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
        found.update(range(int(first), int(last or first) + 1))
    return found


def two_cores():
    """The processors to run on: two that share no core, if there are such."""
    allowed = sorted(os.sched_getaffinity(0))
    first = allowed[0]
    others = [cpu for cpu in allowed[1:] if cpu not in siblings(first)] or allowed[1:]
    return [first, *others[:1]]


def description():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.*)", text)
    return {
        "processor": model.group(1) if model else platform.machine(),
        "processors": os.cpu_count(),
        "kernel": platform.release().split("-")[0],
        "glib": subprocess.run(["pkg-config", "--modversion", "glib-2.0"], check=True,
                               capture_output=True, text=True).stdout.strip(),
    }
