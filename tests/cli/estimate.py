#!/usr/bin/env python3
"""The estimate command as others use it: its JSON, its exit codes, its errors.

The expected figures were published with the data or obtained with the R packages named in data/estimate.
"""
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["COUNTERFOIL"]
ROOT = pathlib.Path(os.environ["CF_SOURCE_ROOT"])
DATA = ROOT / "data" / "estimate"


def run(*args, table=None):
    """Runs estimate; table is CSV text to estimate from."""
    if table is None:
        return subprocess.run([PROGRAM, "estimate", *map(str, args)], capture_output=True, text=True, check=False)
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as f:
        f.write(table)
        f.flush()
        return subprocess.run(
            [PROGRAM, "estimate", f.name, *map(str, args)], capture_output=True, text=True, check=False
        )


def results_of(report):
    return {r["method"]: r for r in report["results"]}


def results(done):
    return results_of(json.loads(done.stdout))


class Figures(unittest.TestCase):
    def test_defaults(self):
        expected = {
            "UKdat.csv": (12213.9951, 11417.9911, 12350),
            "UKdat_5.csv": (13444.1312, 11312.9903, 22991.33),
            "Korea.csv": (141.9926, 268.7778, 157.1667),
            "Western.csv": (2007.1418, 2483.3839, 2483.3839),
        }
        for name, (main, stepwise, bic) in expected.items():
            with self.subTest(name):
                done = run(DATA / name, "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                found = results(done)
                self.assertAlmostEqual(found["main"]["estimate"], main, delta=1e-4)
                self.assertAlmostEqual(found["stepwise"]["estimate"], stepwise, delta=1e-4)
                self.assertAlmostEqual(found["bic"]["estimate"], bic, delta=0.5 if bic == 12350 else 0.01)
                for r in found.values():
                    self.assertEqual(r["status"], "identified")
                    self.assertEqual(r["level"], 0.95)
                    self.assertIsNone(r["lower"])
                    self.assertIsNone(r["upper"])

    def test_interval_does_not_depend_on_threads(self):
        one = run(DATA / "Western.csv", "--method", "stepwise", "--bootstrap", 1000, "--threads", 1, "--json")
        two = run(DATA / "Western.csv", "--method", "stepwise", "--bootstrap", 1000, "--threads", 3, "--json")
        self.assertEqual(one.stdout, two.stdout)
        found = results(one)["stepwise"]
        self.assertTrue(1050 <= found["lower"] <= 1420, found)
        self.assertTrue(3400 <= found["upper"] <= 4000, found)

    def test_chapman(self):
        # Chapman (1951): (n1 + 1)(n2 + 1) / (m + 1) - 1 with n1 = 60, n2 = 50, m = 10
        done = run("--json", table="a,b,count\n1,0,50\n0,1,40\n1,1,10\n")
        self.assertAlmostEqual(results(done)["chapman"]["estimate"], 61 * 51 / 11 - 1, delta=1e-9)


class Methods(unittest.TestCase):
    def test_all(self):
        done = run(DATA / "Korea.csv", "--method", "all", "--burn-in", 1000, "--draws", 600, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = results(done)
        self.assertEqual(set(found), {"main", "stepwise", "bic", "aicc", "downhill", "average", "graphs",
                                      "classes", "coverage", "chao", "zelterman"})
        for r in found.values():
            self.assertEqual(r["status"], "identified")
            self.assertTrue(r["model"])

    def test_searches(self):
        done = run(DATA / "UKdat_5.csv", "--method", "bic,aicc,downhill,average", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = results(done)
        # Silverman, Chan and Vincent (2024), table 6: downhill 12262
        self.assertAlmostEqual(found["downhill"]["estimate"], 12262, delta=0.5)
        self.assertAlmostEqual(found["bic"]["estimate"], 22991.33, delta=0.01)
        self.assertEqual(found["aicc"]["status"], "identified")
        models = found["average"]["search"]["models"]
        self.assertTrue(0 < sum(m["weight"] for m in models) <= 1)
        low, high = min(m["estimate"] for m in models), max(m["estimate"] for m in models)
        self.assertTrue(low < found["average"]["estimate"] < high)

    def test_orders(self):
        done = run(DATA / "UKdat_5.csv", "--method", "bic", "--order", 4, "--json")
        self.assertAlmostEqual(results(done)["bic"]["estimate"], 25311.29, delta=0.005)
        self.assertEqual(results(done)["bic"]["digits"], "[123,25,34]")

    def test_graphs(self):
        # the R package dga 2.0.2 on the same grids
        rows = (("UKdat_5", "82320:1000", 21282.216, 23016, 10408, 33481), ("Western", "10350:1000", 2253.960, 2128, 1340, 3868),
                ("Western", "10350:10350", 2253.955, 2133, 1343, 3871), ("Korea", "3690:1000", 206.156, 161, 124, 460))
        for name, grid, mean, median, lower, upper in rows:
            done = run(DATA / f"{name}.csv", "--method", "graphs", "--grid", grid, "--json")
            found = results(done)["graphs"]
            self.assertAlmostEqual(found["details"]["posterior_mean"], mean, delta=0.001)
            # the points of the grid are 82, 10, 1 and 4 apart
            self.assertAlmostEqual(found["estimate"], median, delta=1)
            self.assertAlmostEqual(found["lower"], lower, delta=1)
            self.assertAlmostEqual(found["upper"], upper, delta=1)
            self.assertEqual(found["search"]["models"][0]["weight"], max(m["weight"] for m in found["search"]["models"]))
        found = results(run(DATA / "Korea.csv", "--method", "graphs", "--delta", 0.5, "--grid", "3690:3690", "--json"))["graphs"]
        self.assertAlmostEqual(found["details"]["posterior_mean"], 159.962, delta=0.001)
        self.assertEqual((found["estimate"], found["lower"], found["upper"]), (151, 125, 253))

    def test_classes(self):
        # the R package LCMCR 0.4.14, where its chains agree: median, ends, and how far both may be off (their
        # Monte-Carlo errors, of runs as short as these)
        rows = (("Korea", (138, 4), (124, 3), (203, 12)), ("Western", (1827, 60), (1310, 50), (2986, 220)))
        for name, median, lower, upper in rows:
            done = run(DATA / f"{name}.csv", "--method", "classes", "--burn-in", 800, "--draws", 800, "--json")
            report = json.loads(done.stdout)
            found = results_of(report)["classes"]
            self.assertAlmostEqual(found["estimate"], median[0], delta=median[1])
            self.assertAlmostEqual(found["lower"], lower[0], delta=lower[1])
            self.assertAlmostEqual(found["upper"], upper[0], delta=upper[1])
            self.assertLess(found["details"]["r_hat"], 1.01)
            self.assertGreater(found["details"]["ess_bulk"], 400)
            self.assertEqual(found["details"]["posterior_median"], found["estimate"])
            posterior = found["posterior"]
            self.assertEqual(posterior["estimate_is"], "posterior_median")
            self.assertEqual((posterior["chains"], posterior["draws"], len(posterior["chain_medians"])), (4, 800, 4))
            h = posterior["histogram"]
            self.assertEqual(sum(h["counts"]) + h["below"] + h["beyond"], 3200)
            # the bins hold the median where it is
            below = h["below"] + sum(h["counts"][: int((found["estimate"] - h["low"]) // h["step"])])
            self.assertLessEqual(below, 1600)
            self.assertTrue(any(s["label"] == "alpha 1:1" for s in found["settings"]), found["settings"])
            self.assertEqual(report["headline"], "classes")
        page = run(DATA / "Korea.csv", "--method", "classes", "--burn-in", 800, "--draws", 800)
        self.assertRegex(page.stdout, r"Posterior of the total by classes \(the estimate, 13\d, is its median\):")
        self.assertRegex(page.stdout, r"(?m)^  median of each chain: 1\d\d 1\d\d 1\d\d 1\d\d; R-hat 1\.00\d$")

    def test_classes_do_not_depend_on_threads(self):
        args = (DATA / "Western.csv", "--method", "classes", "--burn-in", 100, "--draws", 50, "--json", "--threads")
        one = run(*args, 1).stdout
        self.assertEqual(one, run(*args, 2).stdout)
        self.assertEqual(one, run(*args, 8).stdout)
        self.assertNotEqual(one, run(*args, 2, "--seed", 2).stdout)

    def test_classes_that_disagree(self):
        done = run(DATA / "UKdat_5.csv", "--method", "stepwise,classes", "--burn-in", 1, "--draws", 40, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        found = results_of(report)["classes"]
        self.assertEqual(found["status"], "not_identifiable")
        for key in ("estimate", "lower", "upper", "hidden"):
            self.assertIsNone(found[key])
        self.assertIsNone(found["posterior"]["estimate_is"])
        for median in found["posterior"]["chain_medians"]:
            self.assertIn(f"{median:.0f}", found["reason"])
        self.assertIn("F26", report["rules"])
        self.assertEqual(report["headline"], "stepwise")
        alone = run(DATA / "UKdat_5.csv", "--method", "classes", "--burn-in", 1, "--draws", 40)
        self.assertEqual(alone.returncode, 1)
        self.assertIn("to look at, not to quote", alone.stdout)

    def test_classes_take_no_part_in_the_bootstrap(self):
        args = (DATA / "Korea.csv", "--method", "main,classes", "--burn-in", 800, "--draws", 800)
        found = results(run(*args, "--bootstrap", 50, "--recall", 0.9, "--json"))
        self.assertIsNone(found["classes"]["bootstrap"])
        self.assertIsNone(found["classes"]["corrected_for_linkage"])
        self.assertIsNotNone(found["main"]["corrected_for_linkage"])
        page = run(*args, "--recall", 0.9).stdout
        self.assertIn("not corrected for errors of the record linkage: classes", page)

    def test_priors(self):
        # the R package dga 2.0.2 with the negative binomial prior of Madigan and York's example
        found = results(run(DATA / "dga_MadiganYork3.csv", "--method", "graphs", "--delta", 1, "--grid", "300:300",
                            "--prior", "negative-binomial:13.14:55.17", "--json"))["graphs"]
        self.assertAlmostEqual(found["details"]["posterior_mean"], 733.452, delta=0.001)
        self.assertEqual((found["estimate"], found["lower"], found["upper"]), (731, 682, 797))
        # what somebody knows beforehand: from 300 to 500, most likely 400
        with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as f:
            f.write("total,weight\n300,1\n400,2\n500,0\n")
            f.flush()
            done = run(DATA / "Korea.csv", "--method", "graphs", "--prior", f.name, "--json")
            found = results(done)["graphs"]
            self.assertTrue(300 <= found["lower"] < found["upper"] <= 500)
            beside = {s["label"]: s["estimate"] for s in found["settings"]}
            self.assertLess(beside["prior 1/N"], 200)
            self.assertIn("F22", json.loads(done.stdout)["rules"])
        for text in ("total,weight\n5,1\n", "total,weight\n5,1\n4,1\n", "total,weight\n5,1\n6,x\n", "n,w\n1,1\n2,1\n"):
            with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as f:
                f.write(text)
                f.flush()
                done = run(DATA / "Korea.csv", "--method", "graphs", "--prior", f.name)
                self.assertEqual(done.returncode, 2)
                self.assertIn(f.name, done.stderr)
        for wrong in ("negative-binomial", "negative-binomial:2", "negative-binomial:0:5", "negative-binomial:1:2:3", "flatter"):
            self.assertEqual(run(DATA / "Korea.csv", "--method", "graphs", "--prior", wrong).returncode, 2)

    def test_grids_that_say_nothing(self):
        # every point but the first is far beyond the posterior
        done = run(DATA / "Korea.csv", "--method", "graphs", "--grid", "1000000000:1000", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("too coarse", results(done)["graphs"]["reason"])
        self.assertEqual(run(DATA / "Korea.csv", "--method", "graphs", "--grid", "9007199254740992:1000").returncode, 2)
        # cut off in the middle of the posterior, and not
        for end, cut in ((60, True), (3690, False)):
            report = json.loads(run(DATA / "Korea.csv", "--method", "graphs", "--grid", f"{end}:{end}", "--json").stdout)
            self.assertEqual("F28" in report["rules"], cut)

    def test_verdict_does_not_hang_on_the_methods_asked_for(self):
        for method in ("main", "stepwise", "bic", "graphs", "average", "coverage"):
            report = json.loads(run(DATA / "Korea.csv", "--method", method, "--bootstrap", 200, "--json").stdout)
            self.assertIn("F7", report["rules"], method)
            shown = {r["method"] for r in report["results"]} | {r["method"] for r in report["compared"]}
            self.assertLessEqual({"main", "stepwise", "bic"}, shown)

    def test_coverage_and_bounds(self):
        # the R package CARE1 1.1.0: independent, high, low coverage (high is degenerate for Western)
        rows = (("Korea", 146.56, 250.26, 179.99), ("Western", 1755.98, None, 1955.13),
                ("UKdat_5", 11711.02, 12015.59, 11745.86), ("UKdat", 9802.23, 9886.13, 9814.04))
        for name, independent, high, low in rows:
            found = results(run(DATA / f"{name}.csv", "--method", "coverage,bounds", "--json"))
            details = found["coverage"]["details"]
            self.assertAlmostEqual(details["independent"], independent, delta=0.006)
            self.assertAlmostEqual(details["low_coverage"], low, delta=0.006)
            if high is None:
                self.assertIsNone(details["high_coverage"])
            else:
                self.assertAlmostEqual(details["high_coverage"], high, delta=0.006)
            self.assertEqual(set(found), {"coverage", "chao", "zelterman"})
        self.assertLess(results(run(DATA / "UKdat_5.csv", "--method", "coverage", "--json"))["coverage"]["details"]
                        ["sample_coverage"], 0.2)

    def test_kinds_of_interval(self):
        args = (DATA / "Western.csv", "--method", "stepwise", "--bootstrap", 200, "--json")
        bca = results(run(*args))["stepwise"]
        percentile = results(run(*args, "--interval", "percentile"))["stepwise"]
        profile = results(run(*args, "--interval", "profile"))["stepwise"]
        self.assertEqual(percentile["lower"], bca["bootstrap"]["percentile_lower"])
        self.assertEqual(profile["upper"], bca["profile"]["upper"])
        self.assertNotEqual(bca["lower"], percentile["lower"])

    def test_diagnosis(self):
        report = json.loads(run(DATA / "Korea.csv", "--bootstrap", 200, "--json").stdout)
        self.assertEqual(len(report["rules"]), len(report["reasons"]))
        self.assertIn("F7", report["rules"])
        self.assertEqual(len(report["overlaps"]), 3)
        for pair in report["overlaps"]:
            self.assertTrue(pair["odds_ratio_lower"] < pair["odds_ratio"] < pair["odds_ratio_upper"])
        self.assertTrue(report["influence"])
        text = run(DATA / "Korea.csv", "--method", "main").stdout
        found = re.search(r"(?m)^ +(\d+)  without one of the (\d+) seen on (?:exactly|only) (.+)$", text)
        lead = json.loads(run(DATA / "Korea.csv", "--method", "main", "--json").stdout)
        total = lead["results"][0]["estimate"]
        worst = max(lead["influence"], key=lambda c: abs(math.log(c["estimate_without_one"] / total)))
        self.assertEqual(found.groups(), (f'{worst["estimate_without_one"]:.0f}', str(worst["persons"]),
                                          " + ".join(worst["lists"])))
        self.assertEqual(len(report["variants"]), 6)

    def test_every_rule_is_written_down(self):
        code = (ROOT / "src" / "estimate" / "verdict.c").read_text(encoding="utf-8")
        text = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
        used = set(re.findall(r'find\(j, "([NF]\d+)"', code))
        written = set(re.findall(r"(?m)^\| ([NF]\d+) \|", text))
        self.assertEqual(used, written)

    def test_linkage(self):
        report = run(DATA / "UKdat.csv", "--method", "main", "--recall", "0.85:0.95", "--precision", 0.98, "--json")
        main = results(report)["main"]
        self.assertAlmostEqual(main["estimate"], 12213.9951, delta=1e-4)
        self.assertLess(main["corrected_for_linkage"]["estimate"], main["estimate"])
        self.assertIsNone(main["corrected_for_linkage"]["lower"])


STRATA = """a,b,c,stratum_sex,stratum_region,count
1,0,0,f,north,120\n0,1,0,f,north,90\n1,1,0,f,north,20\n0,0,1,f,north,80\n1,0,1,f,north,15
0,1,1,f,north,12\n1,1,1,f,north,4\n1,0,0,m,north,40\n0,1,0,m,north,25\n1,1,0,m,north,10
0,0,1,m,north,20\n1,0,1,m,north,7\n0,1,1,m,north,5\n1,1,1,m,north,2
1,0,0,m,south,30\n0,1,0,m,south,20\n0,0,1,m,south,25
"""


class Strata(unittest.TestCase):
    def test_strata_and_rates(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as f:
            f.write("sex,region,population\nf,north,120000\nm,north,110000\nm,south,90000\nf,south,80000\n")
            f.flush()
            report = json.loads(run("--bootstrap", 100, "--population", f.name, "--json", table=STRATA).stdout)
        strata = report["strata"]["strata"]
        self.assertEqual([s["persons"] for s in strata], [341, 109, 75])
        self.assertEqual(strata[0]["population"], 120000)
        self.assertIsNone(strata[2]["separate"]["estimate"])
        self.assertGreater(strata[2]["shared"]["estimate"], 75)
        self.assertAlmostEqual(report["strata"]["total_shared"]["estimate"],
                               sum(s["shared"]["estimate"] for s in strata), delta=1e-6)
        lead = results_of(report)[report["headline"]]
        self.assertAlmostEqual(report["rate_per_100000"]["estimate"], lead["estimate"] / 4, delta=1e-9)

    def test_population_figures(self):
        table = "a,b,stratum_sex,count\n1,0,f,50\n0,1,f,70\n1,1,f,20\n1,0,m,30\n0,1,m,20\n1,1,m,10\n"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "population.csv"
            path.write_text("sex,population\nf,100000\nm,200000\n", encoding="utf-8")
            report = json.loads(run("--population", path, "--json", table=table).stdout)
            women = report["strata"]["strata"][0]["separate"]
            # Chapman: 71 x 91 / 21 - 1
            self.assertAlmostEqual(women["rate_per_100000"]["estimate"], 71 * 91 / 21 - 1, delta=1e-9)
            self.assertEqual(report["rate_per_100000"]["population"], 300000)
            # without the men's figure there is a rate for women, and none for all
            path.write_text("sex,population\nf,100000\n", encoding="utf-8")
            report = json.loads(run("--population", path, "--json", table=table).stdout)
            self.assertAlmostEqual(report["strata"]["strata"][0]["separate"]["rate_per_100000"]["estimate"],
                                   71 * 91 / 21 - 1, delta=1e-9)
            self.assertIsNone(report["strata"]["strata"][1]["population"])
            self.assertNotIn("rate_per_100000", report["strata"]["total_shared"])
            self.assertIsNone(report["rate_per_100000"])
            self.assertIn("1 of 2 strata", report["strata_note"])
            self.assertIn("1 of 2 strata", run("--population", path, table=table).stdout)
            # thousands of inhabitants: fewer than were seen
            for text in ("sex,population\nf,100\nm,200\n", "sex,population\nf,1000\nm,20\n"):
                path.write_text(text, encoding="utf-8")
                done = run("--population", path, table=table)
                self.assertEqual(done.returncode, 2)
                self.assertIn("smaller than the persons seen", done.stderr)

    def test_by(self):
        report = json.loads(run("--by", "sex", "--json", table=STRATA).stdout)
        self.assertEqual([s["values"] for s in report["strata"]["strata"]], [{"sex": "f"}, {"sex": "m"}])
        for args in (("--by", "age"), ("--population", DATA / "Korea.csv")):
            done = run(*args, table=STRATA)
            self.assertEqual(done.returncode, 2)
            self.assertTrue(done.stderr.startswith("counterfoil: "), done.stderr)


    def test_posteriors_add_up(self):
        table = STRATA.replace("0,0,1,m,south,25", "0,0,1,m,south,25\n1,1,0,m,south,9\n0,1,1,m,south,8\n1,1,1,m,south,4")
        args = ("--method", "classes", "--burn-in", 600, "--draws", 1000, "--by", "sex", "--json")
        report = json.loads(run(*args, table=table).stdout)
        strata = report["strata"]["strata"]
        total = report["strata"]["total_separate"]
        self.assertEqual(report["strata"]["method"], "classes")
        sums = {key: sum(s["separate"][key] for s in strata) for key in ("estimate", "lower", "upper")}
        # an interval of the sum is narrower than the sum of the intervals, and about the same place
        self.assertTrue(sums["lower"] < total["lower"] < total["estimate"] < total["upper"] < sums["upper"])
        self.assertAlmostEqual(total["estimate"], sums["estimate"], delta=0.1 * sums["estimate"])


class Page(unittest.TestCase):
    def test_html(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.html"
            done = run(DATA / "UKdat_5.csv", "--bootstrap", 100, "--html", page)
            self.assertEqual(done.returncode, 0, done.stderr)
            text = page.read_text(encoding="utf-8")
            self.assertIn("UKdat_5.csv", text)
            self.assertNotIn(str(DATA), text)
            self.assertIn("<svg", text)
            self.assertNotIn("11,313", text)  # rounded, since small counts can be solved for
            done = run(DATA / "UKdat_5.csv", "--method", "average", "--html", page)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(page.read_text(encoding="utf-8"), text)


    def test_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "figures.html"
            args = (DATA / "Korea.csv", "--burn-in", 600, "--draws", 600, "--figures", page, "--json", "--method")
            found = results(run(*args, "graphs,classes"))
            self.assertEqual(page.stat().st_mode & 0o777, 0o600)
            text = page.read_text(encoding="utf-8")
            self.assertIn("For the analyst alone", text)
            self.assertEqual(text.count("<polyline"), 4)
            for method in ("graphs", "classes"):
                self.assertIn(f"Median of the posterior {found[method]['estimate']:.0f};", text)
            done = run(*args, "stepwise")
            self.assertEqual(done.returncode, 2)
            self.assertEqual(page.read_text(encoding="utf-8"), text)


class Simulate(unittest.TestCase):
    def test_study(self):
        done = run("simulate", DATA / "Western.csv", "--model", "A:E", "--tables", 200, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        study = json.loads(done.stdout)
        self.assertEqual(study["persons"], 2483)
        self.assertEqual(study["digits"], "[15,2,3,4]")
        true = next(m for m in study["methods"] if m["method"] == "true")
        self.assertTrue(0.9 < true["covered"] <= 1)
        self.assertAlmostEqual(true["covered"] + true["below"] + true["above"], 1, delta=1e-9)

    def test_tables(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "tables.csv"
            self.assertEqual(run("simulate", DATA / "Korea.csv", "--tables", 20, "--out", out).returncode, 0)
            report = json.loads(run(out, "--method", "main", "--json").stdout)
            self.assertEqual(len(report["strata"]["strata"]), 20)

    def test_wrong_use(self):
        for args in ((), (DATA / "Korea.csv", "--interval", "bca"), (DATA / "Korea.csv", "--from", "average"), (DATA / "Korea.csv", "--from", "graphs"),
                     (DATA / "Korea.csv", "--tables", 0), (DATA / "Korea.csv", "--method", "magic")):
            done = run("simulate", *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stdout, "")
        done = run("simulate", DATA / "Artificial_3.csv", "--model", "[12,3]")
        self.assertEqual(done.returncode, 1)


class NoAnswer(unittest.TestCase):
    def test_lists_that_never_meet(self):
        done = run("--method", "all", "--json", table="a,b,c,count\n1,0,0,10\n0,1,0,10\n0,0,1,10\n")
        self.assertEqual(done.returncode, 1)
        for r in json.loads(done.stdout)["results"]:
            self.assertIn(r["status"], ("no_finite_estimate", "not_identifiable"))
            self.assertIsNone(r["estimate"])

    def test_says_why_in_words(self):
        done = run(table="a,b,c,count\n1,0,0,10\n0,1,0,10\n0,0,1,10\n")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout + done.stderr)
        self.assertNotIn("nan", (done.stdout + done.stderr).lower())

    def test_no_nan_where_one_person_decides(self):
        done = run(table="a,b,c,count\n1,0,0,400\n0,1,0,1\n1,1,0,1\n0,0,1,3\n")
        self.assertIn("[F21] One person decides", done.stdout)
        self.assertIn("there is no", done.stdout)
        self.assertNotIn("nan", done.stdout.replace("finance", ""))


class BadInput(unittest.TestCase):
    def test_wrong_use(self):
        for args in ([], ["nowhere.csv"], [DATA / "Korea.csv", "--method", "magic"], [DATA / "Korea.csv", "--p", "2"],
                     [DATA / "Korea.csv", "--bootstrap", "-1"], [DATA / "Korea.csv", "--nothing"],
                     [DATA / "Korea.csv", "--grid", "100"], [DATA / "Korea.csv", "--prior", "wild"],
                     [DATA / "Korea.csv", "--interval", "wide"], [DATA / "Korea.csv", "--recall", "0.9:0.8"],
                     [DATA / "Korea.csv", "--classes", "1"], [DATA / "Korea.csv", "--classes", "33"],
                     [DATA / "Korea.csv", "--chains", "17"], [DATA / "Korea.csv", "--draws", "15"],
                     [DATA / "Korea.csv", "--burn-in", "0"], [DATA / "Korea.csv", "--thin", "0"],
                     [DATA / "Korea.csv", "--alpha", "1"], [DATA / "Korea.csv", "--alpha", "0:1"],
                     [DATA / "Korea.csv", "--precision", "0.2"], [DATA / "Korea.csv", "--by", "sex"]):
            with self.subTest(args):
                done = run(*args)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.startswith("counterfoil: "), done.stderr)
                self.assertEqual(done.stdout, "")

    def test_bad_tables(self):
        tables = {
            "a,b,count\n1,0,5\n0,0,7\n": ":3",
            "a,b,count\n1,2,5\n": ":2",
            "a,b,count\n1,1,-5\n": ":2",
            "a,b,count\n1,1,1.5\n": ":2",
            "a,b,count\n1,1\n": ":2",
            "a,a,count\n1,1,4\n": "same name",
            "count\n4\n": "list",
            "": "",
            "a,b,n\n1,1,4\n": "count",
        }
        for table, part in tables.items():
            with self.subTest(table):
                done = run(table=table)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(part, done.stderr)

    def test_help(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("example", done.stdout)


if __name__ == "__main__":
    unittest.main()
