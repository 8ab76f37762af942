#!/usr/bin/env python3
"""The written statements: each is answered alike, in the tier that is stated.

    corpus.py --driver PROGRAM [--shards 1,2,7] [--bless] [FILE]...

A statement ends with a semicolon at the end of a line. The comments before it say what is expected:

    -- scatter                     the tier, or "refused 0A000", or "error 22012"
    -- params: [7, "x", null]      JSON
    -- compare: keys 1 2           list where there is an ORDER BY (it must decide everything), set
                                   where there is none; or how sheet.h names it, with columns
    -- inexact                     floats within 1e-9

Other comments, before those, are for people. The tier is that of the last layout.
"""
import argparse
import glob
import json
import os
import re
import sys

from driver import Driver, HERE, worst

# Better first; a refusal is the worst.
TIERS = ["one", "home", "anywhere", "route", "scatter", "gather", "residual"]


class Entry:
    def __init__(self, comments, sql, line):
        self.comments, self.sql, self.line = comments, sql, line
        self.stated, self.at = None, None
        self.request = {"sql": sql.rstrip(";"), "mode": "list" if ordered(sql) else "set", "loose": True, "plan": True}
        for i, comment in enumerate(comments):
            self.read(i, comment[2:].strip())

    def read(self, i, text):
        if text.startswith("params:"):
            self.request["params"] = json.loads(text[7:])
        elif text.startswith("compare:"):
            mode, *keys = text[8:].split()
            self.request.update(mode=mode, keys=[int(k) - 1 for k in keys])
        elif text == "inexact":
            self.request["inexact"] = True
        elif text in TIERS or re.fullmatch(r"(refused|error) \w{5}", text):
            self.stated, self.at = text, i

    def state(self, tier):
        """Writes the tier into the comments."""
        if self.at is None:
            self.comments.append(f"-- {tier}")
        else:
            self.comments[self.at] = f"-- {tier}"

    def text(self):
        return "\n".join(self.comments + [self.sql])


def ordered(sql):
    """Whether the outermost query has an ORDER BY: one outside all parentheses."""
    depth, flat = 0, ""
    for c in re.sub(r"'(?:[^']|'')*'", "''", sql):
        depth += (c == "(") - (c == ")")
        flat += c if depth == 0 else " "
    return "ORDER BY" in flat.upper()


def read_file(path):
    """(what the file begins with, its statements)"""
    entries, comments, lines, head, start = [], [], [], None, 0
    for number, line in enumerate(open(path, encoding="utf-8").read().splitlines(), 1):
        if not lines and line.startswith("--"):
            comments.append(line)
        elif not lines and not line.strip():
            if head is None:
                head, comments = comments, []
        elif line.strip():
            start = start if lines else number
            lines.append(line)
            if line.rstrip().endswith(";"):
                entries.append(Entry(comments, "\n".join(lines), start))
                comments, lines = [], []
    return head or [], entries


def got_tier(answer):
    found = answer["layouts"][-1]
    if not answer["plain"].startswith("00"):
        return f"error {answer['plain']}"
    if found["verdict"] == "refused":
        return f"refused {found['state']}"
    if found["verdict"] == "runtime":
        return f"error {found['state']}"
    return found.get("tier", "?")


def is_worse(got, stated):
    def rank(tier):
        return TIERS.index(tier) if tier in TIERS else len(TIERS) + tier.startswith("error")
    return rank(got) > rank(stated) or (rank(got) >= len(TIERS) and got != stated)


def check(entry, answer, bless):
    """What is wrong with it, or None."""
    found, got = worst(answer), got_tier(answer)
    if found is not None and found["verdict"] == "differs":
        return f"differs at {found['shards']} shards: {found['message']} {found['detail']}"
    if bless:
        entry.state(got)
        return None
    if entry.stated is None:
        return f"states no tier; it is: {got}"
    if is_worse(got, entry.stated):
        return f"{entry.stated} was stated, and it is: {got} {found['message'] if found else ''}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True)
    parser.add_argument("--shards", default="1,2,7")
    parser.add_argument("--bless", action="store_true", help="write the tiers that the statements have")
    parser.add_argument("files", nargs="*", default=sorted(glob.glob(os.path.join(HERE, "corpus", "*.sql"))))
    options = parser.parse_args()

    driver = Driver(options.driver, options.shards)
    bad = total = 0
    tiers = {}
    for path in options.files:
        head, entries = read_file(path)
        for entry, answer in driver.ask_all((e, e.request) for e in entries):
            total += 1
            tier = got_tier(answer)
            tiers[tier] = tiers.get(tier, 0) + 1
            wrong = check(entry, answer, options.bless)
            if wrong:
                bad += 1
                print(f"{path}:{entry.line}: {wrong}\n    {entry.sql}\n")
        if options.bless:
            with open(path, "w", encoding="utf-8") as out:
                out.write("\n".join(head) + "\n\n" + "\n\n".join(e.text() for e in entries) + "\n")
    code = driver.close()
    print(", ".join(f"{k} {v}" for k, v in sorted(tiers.items())))
    print(f"{total} statements, {bad} wrong" + (f", and the driver ended with {code}" if code else ""))
    return 1 if bad or code or not total else 0


if __name__ == "__main__":
    sys.exit(main())
