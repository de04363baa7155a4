#!/usr/bin/python3
"""Compares commands by ratios that hold on a machine whose speed changes.

    ratio.py [--rounds N] [--limit SECONDS] [--most LABEL:METRIC:RATIO]... LABEL=COMMAND...

Every round runs each command once, in an order that turns by one, so that no
command always follows the same one. The first command is the base: within each
round every other command's figure is divided by the base's, and the median of
these ratios is printed with the span of its middle half. A command reports its
figures as lines `figure NAME VALUE UNIT`; one that reports none is measured by
its wall time. With --most the exit status is 1 where a median ratio is higher.
"""

import argparse
import statistics
import subprocess
import sys
import time


def run_once(label, command, limit):
    """The figures of one run: {name: (value, unit)}."""
    started = time.perf_counter()
    done = subprocess.run(
        ["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=limit, check=False)
    wall_ms = (time.perf_counter() - started) * 1000
    if done.returncode != 0:
        sys.exit(f"{label}: exit status {done.returncode}\n{done.stdout[-4000:]}")
    figures = {}
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) in (3, 4) and words[0] == "figure":
            figures[words[1]] = (float(words[2]), words[3] if len(words) == 4 else "")
    return figures or {"wall": (wall_ms, "ms")}


def measure(commands, rounds, limit):
    """One list of {label: figures} a round."""
    results = []
    for turn in range(rounds):
        order = commands[turn % len(commands):] + commands[:turn % len(commands)]
        results.append({label: run_once(label, command, limit) for label, command in order})
    return results


def middle_half(values):
    if len(values) < 4:
        return min(values), max(values)
    quarters = statistics.quantiles(values, n=4, method="inclusive")
    return quarters[0], quarters[2]


def ratios_of(results, base, label, name):
    pairs = [(r[label].get(name), r[base].get(name)) for r in results]
    return [a[0] / b[0] for a, b in pairs if a and b and b[0] != 0]


def print_figures(results, labels):
    base = labels[0]
    names = list(dict.fromkeys(n for r in results for label in labels for n in r[label]))
    medians = {}
    for name in names:
        print(f"{name}, {len(results)} rounds")
        for label in labels:
            values = [r[label][name] for r in results if name in r[label]]
            if not values:
                continue
            line = f"  {label:<28} {statistics.median(v for v, _ in values):14.3f} {values[0][1]:<6}"
            ratios = ratios_of(results, base, label, name)
            if label != base and ratios:
                low, high = middle_half(ratios)
                medians[label, name] = statistics.median(ratios)
                line += f" {medians[label, name]:8.3f} times {base}  [{low:.3f} .. {high:.3f}]"
            print(line)
    return medians


def parse_limit(text):
    label, name, ratio = text.rsplit(":", 2)
    return label, name, float(ratio)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--limit", type=float, default=600, help="seconds one run may take")
    parser.add_argument("--most", type=parse_limit, action="append", default=[], metavar="LABEL:METRIC:RATIO")
    parser.add_argument("commands", nargs="+", metavar="LABEL=COMMAND")
    args = parser.parse_args()
    commands = [tuple(c.split("=", 1)) for c in args.commands]
    medians = print_figures(measure(commands, args.rounds, args.limit), [label for label, _ in commands])
    missed = 0
    for label, name, most in args.most:
        got = medians.get((label, name))
        good = got is not None and got <= most
        missed += not good
        shown = "not measured" if got is None else f"{got:.3f}"
        print(f"{'met' if good else 'MISSED'}: {label} {name} {shown}, at most {most:g}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
