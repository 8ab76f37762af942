#!/usr/bin/env python3
"""The oracle's random statements: see README.md.

    run.py --driver PROGRAM --seed 1 --count 2000 --shards 7 [--strict] [--first N] [--examples]
"""
import argparse
import json
import sys
import time

import tree
from driver import Driver, worst
from generate import Statement
from report import Report
from shrink import shrink


def how_of(statement, request):
    if statement.is_float:
        return "float"
    return "ties" if request["mode"] in ("keys", "limit", "member") else "total"


def show(out, statement, seed, number, request, answer, small, small_answer):
    said = tree.request(small)
    print(f"--- differs: --seed {seed} --first {number} --count 1 ({', '.join(sorted(statement.labels))})", file=out)
    print(f"    {request['sql']}", file=out)
    print(f"    shrunk ({said['mode']}{', params ' + json.dumps(said['params'], ensure_ascii=False) if said['params'] else ''}):", file=out)
    print(f"    {said['sql']};", file=out)
    found = worst(small_answer)
    print(f"    {found['shards']} shards: {found['message'] or ''} {found['detail'].strip()}\n", file=out, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first statement")
    parser.add_argument("--shards", default="7", help="layouts: 1,2,7")
    parser.add_argument("--strict", action="store_true", help="fail when too many are refused")
    parser.add_argument("--shrink", type=int, default=10, help="so many differences are made smaller")
    parser.add_argument("--examples", action="store_true", help="show one statement of each refusal")
    parser.add_argument("--differences", help="append what differs to this file, too")
    options = parser.parse_args()

    started = time.monotonic()
    driver = Driver(options.driver, options.shards)
    report = Report()
    different = []

    def requests():
        for number in range(options.first, options.first + options.count):
            statement = Statement(options.seed, number)
            request = dict(tree.request(statement.query), plan=True, text=number % 3 == 0)
            yield (number, statement, request), request

    for (number, statement, request), answer in driver.ask_all(requests()):
        found = worst(answer)
        report.add(statement.labels, how_of(statement, request), statement.many, answer, found, request["sql"])
        if found is not None and found["verdict"] == "differs":
            different.append((number, statement, request, answer))
            print(f"differs: --seed {options.seed} --first {number} --count 1", file=sys.stderr, flush=True)
        if report.total["statements"] % 1000 == 0:
            print(f"{report.total['statements']} of {options.count}", file=sys.stderr, flush=True)
    outs = [sys.stdout]
    if options.differences and different:
        outs.append(open(options.differences, "a", encoding="utf-8"))
    for number, statement, request, answer in different[:options.shrink]:
        small, small_answer = shrink(driver, statement.query, answer)
        for out in outs:
            show(out, statement, options.seed, number, request, answer, small, small_answer)
    for number, _, _, _ in different[options.shrink:]:
        print(f"--- differs: --seed {options.seed} --first {number} --count 1")
    code = driver.close()
    for line in report.lines(options.examples):
        print(line)
    failures = list(report.failures(options.strict))
    if code != 0:
        failures.append(f"the driver ended with {code}")
    for failure in failures:
        print(f"oracle: {failure}")
    print(f"seed {options.seed}, {options.shards} shards, {time.monotonic() - started:.0f} s: {'failed' if failures else 'passed'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
