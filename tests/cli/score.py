#!/usr/bin/env python3
"""The whole path on simulated lists: run, score, comparison with the truth; and what score refuses."""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["COUNTERFOIL"]
SIMULATE = os.environ["SIMULATE"]
COMPARE_TRUTH = os.environ["COMPARE_TRUTH"]
LISTS = ["police", "shelter", "hotline"]


def run(*args):
    return subprocess.run(list(map(str, args)), capture_output=True, text=True, check=False)


def score(study, *args):
    return run(PROGRAM, "study", "score", study, *args)


class Score(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="counterfoil-score-"))
        cls.lists = cls.folder / "lists"
        cls.study = cls.folder / "study"
        made = run(SIMULATE, "--out", cls.lists, "--persons", 700, "--seed", 3, "--lists", ",".join(LISTS))
        assert made.returncode == 0, made.stderr
        files = [cls.lists / f"{name}.csv" for name in LISTS]
        done = run(PROGRAM, "study", "run", "--lists", *files, "--out", cls.study, "--ignore", "truth_person",
                   "--country", "999", "--strata", "sex", "--bootstrap", 0)
        assert done.returncode in (0, 1), done.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_report_fields_are_described(self):
        page = (pathlib.Path(os.environ["CF_SOURCE_ROOT"]) / "docs" / "report.md").read_text(encoding="utf-8")
        described = page[page.index("## report.json"):]
        names = set()

        def collect(item):
            if isinstance(item, dict):
                names.update(item)
            for inner in item.values() if isinstance(item, dict) else item if isinstance(item, list) else []:
                collect(inner)

        collect(json.loads((self.study / "report.json").read_text(encoding="utf-8")))
        self.assertGreater(len(names), 50)
        self.assertEqual(sorted(name for name in names if f"`{name}`" not in described), [])

    def test_score(self):
        done = score(self.study, "--truth", "truth_person", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertTrue(answer["overlap_equals_protocol"])
        # a small, easy trial; data/example is the measure
        self.assertGreater(answer["recall"], 0.85)
        self.assertGreater(answer["precision"], 0.85)
        self.assertEqual([item["name"] for item in answer["lists"]], LISTS)
        self.assertEqual(len(answer["pairs_of_lists"]), 3)
        self.assertFalse(any(item["truth_column_in_keys"] for item in answer["lists"]))
        for name, item in zip(LISTS, answer["lists"]):
            lines = (self.lists / f"{name}.csv").read_text(encoding="utf-8").count("\n")
            self.assertEqual(item["rows"], lines - 1)
        with open(self.lists / "truth.csv", encoding="utf-8") as f:
            truth = {row["name"]: int(row["value"]) for row in csv.DictReader(f)}
        self.assertEqual(answer["persons"], truth["seen"])
        with open(self.study / "overlap.csv", encoding="utf-8") as f:
            self.assertEqual(answer["clusters"], sum(int(row["count"]) for row in csv.DictReader(f)))

    def test_expression_changes_nothing_here(self):
        plain = score(self.study, "--truth", "truth_person", "--json")
        part = score(self.study, "--truth=truth_person:P0*([0-9]+)", "--json")
        self.assertEqual(plain.stdout, part.stdout)

    def test_difference_is_found(self):
        other = self.folder / "other"
        other.mkdir()
        for name in ("run.ini", "study.ini"):
            shutil.copy(self.study / name, other)
        with open(self.study / "overlap.csv", encoding="utf-8") as f:
            rows = list(csv.reader(f))
        rows[1][-1] = str(int(rows[1][-1]) + 1)
        with open(other / "overlap.csv", "w", encoding="utf-8", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows(rows)
        done = score(other, "--truth", "truth_person")
        self.assertEqual(done.returncode, 3)
        self.assertIn("by the protocol", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_wrong_use(self):
        for args, says in (
            (["--truth", "person"], "its columns are"),
            (["--truth", "truth_person:("], "regular expression"),
            (["--truth", "truth_person:Q([0-9]+)"], "police.csv:2"),
            ([], "--truth"),
            (["--truth", "truth_person", "--colour"], "--colour"),
            (["--truth", "truth_person", "more"], "unexpected"),
        ):
            with self.subTest(args):
                done = score(self.study, *args)
                self.assertEqual(done.returncode, 2)
                self.assertIn(says, done.stderr)
                self.assertEqual(done.stdout, "")
        self.assertEqual(score(self.folder / "nowhere", "--truth", "x").returncode, 2)
        self.assertEqual(score("--help").returncode, 0)

    def test_compare_truth(self):
        done = run(COMPARE_TRUTH, self.study, self.lists)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("in truth 700", done.stdout)
        self.assertIn("police and hotline", done.stdout)
        self.assertEqual(run(COMPARE_TRUTH, self.study).returncode, 2)
        self.assertEqual(run(COMPARE_TRUTH, self.study, self.folder / "nowhere").returncode, 2)


class Simulate(unittest.TestCase):
    def test_wrong_use(self):
        for args in ([], ["--out"], ["--out", "x", "--persons", "-1"], ["--out", "x", "--lists", "police,army"],
                     ["--out", "x", "--lists", ""], ["--out", "x", "--rows", "1e3"], ["--colour", "red"]):
            with self.subTest(args):
                done = run(SIMULATE, *args)
                self.assertEqual(done.returncode, 2)
                self.assertIn("usage:", done.stderr)
        self.assertEqual(run(SIMULATE, "--help").returncode, 0)

    def test_rows(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(run(SIMULATE, "--out", folder, "--rows", 20000).returncode, 0)
            with open(f"{folder}/truth.csv", encoding="utf-8") as f:
                rows = sum(int(r["value"]) for r in csv.DictReader(f) if r["name"].startswith("rows_"))
            self.assertLess(abs(rows - 20000), 800)


if __name__ == "__main__":
    unittest.main()
