"""What a run has counted, and what it must have."""
import re
from collections import Counter, defaultdict

# A construct that the issue names, and that must be in so many of 100 statements.
NAMED = ["window_off_key", "recursive", "grouping_sets", "correlated_off_key", "full_off_key", "lateral",
         "set_operation", "distinct_on", "aggregate_distinct", "aggregate_order", "aggregate_filter", "not_in", "nested_cte"]
NAMED_SHARE = 0.03
CLASS_SHARE = 0.20
MANY_SHARE = 0.70
VALID_SHARE = 0.80
REFUSED_SHARE = 0.02
REFUSED_CONSTRUCT_SHARE = 0.20


class Report:
    def __init__(self):
        self.total = Counter()
        self.classes = Counter()
        self.verdicts = Counter()
        self.tiers = Counter()
        self.constructs = defaultdict(Counter)
        self.refusals = Counter()
        self.invalid = Counter()
        self.examples = {}

    def add(self, labels, how, many, answer, found, sql):
        self.total["statements"] += 1
        self.classes[how] += 1
        self.total["many"] += many
        for label in labels:
            self.constructs[label]["statements"] += 1
        if not answer["plain"].startswith("00"):
            self.total["invalid"] += 1
            self.invalid[f"{answer['plain']} {answer['message'][:70]}"] += 1
        else:
            self.total["valid"] += 1
            for label in labels:
                self.constructs[label]["valid"] += 1
        if found is None:
            return
        verdict = found["verdict"]
        valid = answer["plain"].startswith("00")
        if valid or verdict == "differs":
            self.verdicts[verdict] += 1
            for label in labels:
                self.constructs[label][verdict] += 1
        if valid and found.get("tier"):
            self.tiers[found["tier"]] += 1
            for label in labels:
                self.constructs[label]["tier " + found["tier"]] += 1
        if valid and verdict == "refused":
            reason = re.sub(r'"[^"]*"', '"..."', found["message"])[:110]
            self.refusals[reason] += 1
            self.examples.setdefault(reason, sql)

    def lines(self, examples):
        n = max(1, self.total["statements"])
        yield f"{n} statements, {self.total['valid']} valid, {100 * self.total['many'] // n}% touch several shards; " + \
            ", ".join(f"{k} {100 * v // n}%" for k, v in sorted(self.classes.items()))
        yield "verdicts: " + ", ".join(f"{k} {v}" for k, v in self.verdicts.most_common())
        yield "tiers: " + ", ".join(f"{k} {v}" for k, v in self.tiers.most_common())
        yield f"{'construct':24}{'statements':>11}{'equal':>8}{'refused':>9}{'runtime':>9}{'differ':>8}  tiers"
        for name in sorted(self.constructs):
            c = self.constructs[name]
            tiers = ", ".join(f"{k[5:]} {v}" for k, v in c.most_common() if k.startswith("tier "))
            yield f"{name:24}{c['statements']:>11}{c['equal']:>8}{c['refused']:>9}{c['runtime']:>9}{c['differs']:>8}  {tiers}"
        if self.refusals:
            yield "refused:"
        for reason, count in self.refusals.most_common(40):
            yield f"{count:>7}  {reason}"
            if examples:
                yield f"         {self.examples[reason][:400]}"
        if self.invalid and examples:
            yield "not valid:"
            for reason, count in self.invalid.most_common(12):
                yield f"{count:>7}  {reason}"

    def failures(self, strict):
        """What is not as it must be; the shares are looked at in runs that are large enough."""
        n, valid = self.total["statements"], max(1, self.total["valid"])
        if self.verdicts["differs"]:
            yield f"{self.verdicts['differs']} statements differ"
        if n >= 500:
            for how in ("total", "ties", "float"):
                if self.classes[how] < CLASS_SHARE * n:
                    yield f"only {self.classes[how]} statements of class {how}"
            if self.total["many"] < MANY_SHARE * n:
                yield f"only {self.total['many']} statements touch several shards"
            if self.total["valid"] < VALID_SHARE * n:
                yield f"only {self.total['valid']} statements are valid"
            for name in NAMED:
                if self.constructs[name]["valid"] < NAMED_SHARE * n:
                    yield f"only {self.constructs[name]['valid']} valid statements with {name}"
        if strict and self.verdicts["refused"] > REFUSED_SHARE * valid:
            yield f"{self.verdicts['refused']} of {valid} statements are refused"
        for name, c in self.constructs.items() if strict else ():
            if c["valid"] >= 20 and c["refused"] > REFUSED_CONSTRUCT_SHARE * c["valid"]:
                yield f"{c['refused']} of {c['valid']} statements with {name} are refused"
