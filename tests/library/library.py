#!/usr/bin/env python3
"""libcounterfoil as others meet it: the symbols it shows, the header alone, the examples for C and Python."""
import csv
import ctypes
import doctest
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ["CF_SOURCE_ROOT"])
LIBRARY = os.environ["COUNTERFOIL_LIBRARY"]
DATA = ROOT / "data" / "estimate"
HEADERS = sorted((ROOT / "include" / "counterfoil").glob("*.h"))

sys.path.insert(0, str(ROOT / "bindings" / "python"))
sys.dont_write_bytecode = True
import counterfoil_estimate as mse  # noqa: E402
import counterfoil_link  # noqa: E402


class Interface(unittest.TestCase):
    def test_symbols(self):
        out = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
        shown = {line.split()[-1] for line in out.splitlines() if line.split()[1] in "TDBRVW"}
        shown = {s for s in shown if not s.startswith(("__", "_init", "_fini"))}
        listed = set((ROOT / "tests" / "library" / "symbols.txt").read_text().split())
        self.assertEqual(shown, listed)
        declared = {name for h in HEADERS for name in re.findall(r"\b(cf_[a-z]+_\w+)\(", h.read_text())}
        self.assertEqual(declared, listed)

    def test_header_alone(self):
        for compiler, language in (("cc", "c"), ("c++", "c++"), ("clang", "c")):
            if subprocess.run(["which", compiler], capture_output=True, check=False).returncode:
                continue
            for header in HEADERS:
                done = subprocess.run(
                    [compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-x", language, str(header)]
                    + (["-std=c99"] if language == "c" else []),
                    capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_c_example(self):
        done = subprocess.run([os.environ["EXAMPLE_C"]], capture_output=True, text=True, check=True)
        # published: 2007 by main effects, 2483 by stepwise and by BIC
        self.assertRegex(done.stdout, r"(?m)^main +2007 persons")
        self.assertRegex(done.stdout, r"(?m)^stepwise +2483 persons, 1\d\d\d to 3\d\d\d, model \[15,2,3,4\]")
        self.assertIn("[F", done.stdout)


    def test_c_link_example(self):
        done = subprocess.run([os.environ["EXAMPLE_LINK_C"]], capture_output=True, text=True, check=True)
        self.assertEqual(re.findall(r"(?m)^(S\d) is (P\d)", done.stdout), [("S1", "P1"), ("S2", "P5"), ("S5", "P2")])
        self.assertIn("10 rows are 7 persons", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^  date_of_birth +\+\d\.\d\d  equal$")


@unittest.skipIf(os.environ.get("SANITIZED"), "python3 cannot load a sanitized library")
class Link(unittest.TestCase):
    def setUp(self):
        rows = list(csv.DictReader(open(ROOT / "data" / "example" / "police.csv", encoding="utf-8-sig", newline="")))
        self.rows = [{k: v for k, v in r.items() if k != "truth_person"} for r in rows[:600]]

    def test_doc(self):
        self.assertEqual(doctest.testmod(counterfoil_link).failed, 0)

    def test_same_as_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rows.csv"
            with open(path, "w", newline="", encoding="utf-8") as f:
                writer = csv.DictWriter(f, self.rows[0].keys())
                writer.writeheader()
                writer.writerows(self.rows + self.rows[:200])
            subprocess.run([os.environ["COUNTERFOIL"], "link", path, "--clusters", path.with_suffix(".c")],
                           capture_output=True, check=True)
            with open(path.with_suffix(".c"), newline="", encoding="utf-8") as f:
                theirs = [int(r["cluster"]) for r in csv.DictReader(f)]
            from_file = counterfoil_link.link([path])
        ours = counterfoil_link.link([self.rows + self.rows[:200]], explain=[(0, 600)])
        self.assertEqual(ours["clusters"][0], theirs)
        self.assertEqual(from_file["clusters"], ours["clusters"])
        self.assertEqual(ours["pairs"], sorted(ours["pairs"], key=lambda p: (-p[2], p[0], p[1])))
        self.assertEqual(ours["clusters"][0][0], ours["clusters"][0][600])
        self.assertIn("equal", {level for level, _ in ours["explained"][0, 600].values()})
        # a model and settings that come back
        again = counterfoil_link.link([self.rows], model=ours["model"])
        self.assertEqual([f["levels"] for f in json.loads(again["model"])["fields"]],
                         [f["levels"] for f in json.loads(ours["model"])["fields"]])
        self.assertEqual(len(counterfoil_link.link([self.rows], settings=ours["settings"])["clusters"][0]), 600)

    def test_errors(self):
        for options in ({"ignore": ["nowhere"]}, {"threshold": 2}, {"settings": "[pairs]\nrule = x\n"},
                        {"model": "{"}, {"id": "nowhere"}):
            with self.assertRaises(counterfoil_link.Error) as caught:
                counterfoil_link.link([self.rows], **options)
            self.assertTrue(str(caught.exception))
        with self.assertRaises(counterfoil_link.Error):
            counterfoil_link.link([])
        with self.assertRaises(counterfoil_link.Error):
            counterfoil_link.link(["/nowhere.csv"])


@unittest.skipIf(os.environ.get("SANITIZED"), "python3 cannot load a sanitized library")
class Python(unittest.TestCase):
    def test_doc(self):
        self.assertEqual(doctest.testmod(mse).failed, 0)

    def test_published(self):
        for name, main, stepwise in (("UKdat", 12213.9951, 11417.9911), ("Korea", 141.9926, 268.7778)):
            report = mse.estimate(DATA / f"{name}.csv", methods=["main", "stepwise"])
            self.assertAlmostEqual(report["results"][0]["estimate"], main, delta=1e-4)
            self.assertAlmostEqual(report["results"][1]["estimate"], stepwise, delta=1e-4)
            self.assertIsNone(report["results"][0]["lower"])

    def test_same_as_the_program(self):
        ours = mse.estimate(DATA / "Western.csv", bootstrap=300, recall=(0.85, 0.95))
        done = subprocess.run(
            [os.environ["COUNTERFOIL"], "estimate", DATA / "Western.csv", "--bootstrap", "300", "--recall", "0.85:0.95",
             "--json"], capture_output=True, text=True, check=True)
        theirs = json.loads(done.stdout)
        for a, b in zip(ours["results"], theirs["results"], strict=True):
            for key in ("method", "status", "estimate", "lower", "upper", "deviance", "bic", "aicc"):
                self.assertEqual(a[key], b[key])
            self.assertEqual(a["corrected_estimate"], b["corrected_for_linkage"]["estimate"])
        self.assertEqual(ours["verdict"], theirs["verdict"])
        self.assertEqual([rule for rule, _ in ours["reasons"]], theirs["rules"])

    def test_details(self):
        # the R package dga 2.0.2 on the same grid
        found = mse.estimate(DATA / "Korea.csv", methods=["graphs"], grid=(3690, 1000))["results"][0]
        self.assertAlmostEqual(found["details"]["posterior_mean"], 206.156, delta=0.001)
        self.assertEqual((found["estimate"], found["lower"], found["upper"]), (161, 124, 460))

    def test_draws(self):
        options = {"methods": ["classes"], "burn_in": 800, "draws": 700, "stability": False}
        found = mse.estimate(DATA / "Korea.csv", **options)["results"][0]
        self.assertEqual([len(chain) for chain in found["draws"]], [700] * 4)
        pooled = sorted(x for chain in found["draws"] for x in chain)
        self.assertAlmostEqual(found["estimate"], (pooled[1399] + pooled[1400]) / 2, delta=1e-9)
        self.assertEqual(found["estimate"], found["details"]["posterior_median"])
        done = subprocess.run(
            [os.environ["COUNTERFOIL"], "estimate", DATA / "Korea.csv", "--method", "classes", "--burn-in", "800",
             "--draws", "700", "--json"], capture_output=True, text=True, check=True)
        theirs = json.loads(done.stdout)["results"][0]
        for key in ("estimate", "lower", "upper", "details"):
            self.assertEqual(found[key], theirs[key])
        # chains that disagree have no estimate, but can be looked at
        found = mse.estimate(DATA / "UKdat_5.csv", **{**options, "burn_in": 1, "draws": 30, "chains": 2})["results"][0]
        self.assertEqual((found["status"], found["estimate"]), ("not_identifiable", None))
        self.assertEqual([len(chain) for chain in found["draws"]], [30, 30])
        self.assertEqual(mse.estimate(DATA / "Korea.csv", methods=["main"])["results"][0]["draws"], [])

    def test_no_answer(self):
        report = mse.estimate({("a",): 10, ("b",): 20, ("c",): 30}, bootstrap=10)
        self.assertEqual(report["verdict"], "not_estimable")
        self.assertEqual(report["headline"], -1)
        self.assertEqual(report["results"][0]["status"], "no_finite_estimate")
        self.assertTrue(report["results"][0]["reason"])

    def test_errors(self):
        for options in ({"p": 2}, {"level": 0}, {"recall": 0.1}, {"model": "[19]"}, {"order": 77},
                        {"classes": 1}, {"chains": 99}, {"draws": 3}, {"alpha": (-1, 1)}):
            with self.assertRaises(mse.Error):
                mse.estimate({("a",): 10, ("b",): 20, ("a", "b"): 3}, **options)

    def test_documented_examples(self):
        """docs/methods/languages.md, word for word."""
        text = (ROOT / "docs" / "methods" / "languages.md").read_text(encoding="utf-8")
        blocks = dict(re.findall(r"(?s)```(\w+)\n(.*?)```", text))
        self.assertEqual(set(blocks), {"c", "python", "r"})
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            shutil.copy(DATA / "Western.csv", place)
            shutil.copy(ROOT / "bindings" / "r" / "counterfoil.R", place)
            (place / "libcounterfoil.so").symlink_to(LIBRARY)
            (place / "example.c").write_text(blocks["c"], encoding="utf-8")
            subprocess.run(["cc", "-std=c17", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "example.c", "-o", "example",
                            LIBRARY, f"-Wl,-rpath,{pathlib.Path(LIBRARY).parent}"], cwd=place, check=True)
            commands = {"c": ["./example"], "python": [sys.executable, "-c", blocks["python"]]}
            if shutil.which("Rscript"):
                commands["r"] = ["Rscript", "-e", blocks["r"]]
            path = os.pathsep.join([str(ROOT / "bindings" / "python"), os.environ.get("PYTHONPATH", "")])
            for language, command in commands.items():
                done = subprocess.run(command, cwd=place, env={**os.environ, "PYTHONPATH": path}, capture_output=True,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"(?m)^main 2007\b", language)
                self.assertRegex(done.stdout, r"(?m)^stepwise 2483\b", language)

    def test_priors(self):
        # the R package dga 2.0.2
        found = mse.estimate(DATA / "dga_MadiganYork3.csv", methods=["graphs"], delta=1, grid=(300, 300),
                             prior=(13.14, 55.17))["results"][0]
        self.assertAlmostEqual(found["details"]["posterior_mean"], 733.452, delta=0.001)
        found = mse.estimate(DATA / "Korea.csv", methods=["graphs"], prior={300: 1, 400: 2, 500: 0})["results"][0]
        self.assertTrue(300 <= found["lower"] < found["upper"] <= 500)
        with self.assertRaises(mse.Error):
            mse.estimate(DATA / "Korea.csv", methods=["graphs"], prior={300: 1})

    @unittest.skipUnless(shutil.which("Rscript"), "there is no R")
    def test_r(self):
        script = (
            f'source("{ROOT}/bindings/r/counterfoil.R"); counterfoil_load("{LIBRARY}"); '
            f'a <- counterfoil_estimate(read.csv("{DATA}/Western.csv"), "stepwise", bootstrap = 300); '
            'cat(a$estimate, a$lower, a$status)'
        )
        done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True)
        same = mse.estimate(DATA / "Western.csv", methods=["stepwise"], bootstrap=300)["results"][0]
        estimate, lower, status = done.stdout.split()
        self.assertAlmostEqual(float(estimate), same["estimate"], delta=1e-2)
        self.assertAlmostEqual(float(lower), same["lower"], delta=1e-2)
        self.assertEqual(status, "identified")

    def test_flat(self):
        """As R's .C calls it: everything by pointer."""
        counts = (ctypes.c_double * 8)(0, 53, 31, 7, 44, 6, 9, 2)
        result = (ctypes.c_double * 6)()
        status, verdict, code = ctypes.c_int32(), ctypes.c_int32(), ctypes.c_int32()
        library = ctypes.CDLL(LIBRARY)

        def call(method, n_lists=3):
            library.cf_estimate_flat(
                ctypes.byref(ctypes.c_int32(n_lists)), counts, ctypes.byref(ctypes.c_int32(method)),
                ctypes.byref(ctypes.c_double(0.02)), ctypes.byref(ctypes.c_int32(2)), ctypes.byref(ctypes.c_int32(100)),
                ctypes.byref(ctypes.c_int32(1)), ctypes.byref(ctypes.c_double(0.95)), result, ctypes.byref(status),
                ctypes.byref(verdict), ctypes.byref(code))
            return code.value

        self.assertEqual(call(0), 0)
        table = {("a",): 53, ("b",): 31, ("a", "b"): 7, ("c",): 44, ("a", "c"): 6, ("b", "c"): 9, ("a", "b", "c"): 2}
        same = mse.estimate(table, methods=["main"], bootstrap=100)["results"][0]
        self.assertEqual(list(result)[:3], [same["estimate"], same["lower"], same["upper"]])
        self.assertEqual(call(3), -1)  # Chapman wants two lists
        self.assertEqual(call(99), -1)
        self.assertEqual(call(0, n_lists=40), -4)
        counts[3] = 0.5
        self.assertEqual(call(0), -2)
        for w in range(8):
            counts[w] = 10 if w in (1, 2, 4) else 0
        self.assertEqual(call(0), -7)
        self.assertEqual(verdict.value, 2)


if __name__ == "__main__":
    unittest.main()
