#!/usr/bin/env python3
"""F1 of pairs and clusters that 'counterfoil link' wrote, against a truth column.

usage: score_links.py --truth COLUMN [--pairs P.csv] [--clusters C.csv] [--febrl] [--dedupe] FILE...
Rows with the same value in the truth column are one person; an empty value is a person of its own. --febrl
takes the number out of FEBRL's rec-<number>-... identifiers. With several files only pairs across files
count, unless --dedupe.
"""
import argparse
import collections
import csv
import re


def read_truth(paths, column, febrl):
    truth = {}
    for path in paths:
        with open(path, newline="", encoding="utf-8-sig") as f:
            delimiter = max(",;\t|", key=f.readline().count)
            f.seek(0)
            reader = csv.DictReader(f, skipinitialspace=True, delimiter=delimiter)
            for number, row in enumerate(reader, 1):
                value = row[column].strip()
                if febrl:
                    value = re.match(r"rec-(\d+)-", value).group(1)
                truth[path, number] = value or f"row {path} {number}"
    return truth


def true_pairs(truth, across):
    """The number of pairs of rows that are one person."""
    groups = collections.defaultdict(collections.Counter)
    for (path, _), person in truth.items():
        groups[person][path] += 1
    n = 0
    for counts in groups.values():
        total = sum(counts.values())
        n += total * (total - 1) // 2
        if across:
            n -= sum(k * (k - 1) // 2 for k in counts.values())
    return n


def report(what, right, said, true):
    precision = right / said if said else 1.0
    recall = right / true if true else 1.0
    f1 = 2 * right / (said + true) if said + true else 1.0
    print(f"{what}: {said} pairs, {true} true, {right} right: P {precision:.4f} R {recall:.4f} F1 {f1:.4f}")


def score_pairs(path, truth, n_true):
    said = right = 0
    seen = set()
    with open(path, newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            left = row["file_l"], int(row["row_l"])
            right_row = row["file_r"], int(row["row_r"])
            pair = frozenset((left, right_row))
            assert len(pair) == 2 and pair not in seen, "a pair of a row with itself, or given twice"
            seen.add(pair)
            said += 1
            right += truth[left] == truth[right_row]
    report("pairs", right, said, n_true)


def score_clusters(path, truth, across, n_true):
    groups = collections.defaultdict(list)
    with open(path, newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            groups[row["cluster"]].append((row["file"], int(row["row"])))
    said = sum(true_pairs({r: "one" for r in rows}, across) for rows in groups.values())
    right = sum(true_pairs({r: truth[r] for r in rows}, across) for rows in groups.values())
    report("clusters", right, said, n_true)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--truth", required=True)
    parser.add_argument("--pairs")
    parser.add_argument("--clusters")
    parser.add_argument("--febrl", action="store_true")
    parser.add_argument("--dedupe", action="store_true")
    parser.add_argument("files", nargs="+")
    a = parser.parse_args()
    truth = read_truth(a.files, a.truth, a.febrl)
    across = len(a.files) > 1 and not a.dedupe
    n_true = true_pairs(truth, across)
    if a.pairs:
        score_pairs(a.pairs, truth, n_true)
    if a.clusters:
        score_clusters(a.clusters, truth, across, n_true)


main()
