"""Multiple systems estimation from Python, over libcounterfoil by ctypes; nothing else is needed.

    >>> import counterfoil_estimate as mse
    >>> table = {("police",): 40, ("shelter",): 30, ("police", "shelter"): 6, ("hotline",): 20,
    ...          ("police", "hotline"): 5, ("shelter", "hotline"): 4}
    >>> report = mse.estimate(table, methods=["main", "stepwise"], bootstrap=200)
    >>> report["results"][0]["method"]
    'main'

A table is a mapping from tuples of list names to numbers of persons, or the path of a CSV file with one 0/1 column a
list and a last column "count" (strata are added up).
"""

import csv
import ctypes
import ctypes.util
import math
import os

METHODS = [
    "main", "stepwise", "bic", "chapman", "model", "aicc", "downhill", "average", "graphs", "coverage", "chao",
    "zelterman", "classes",
]
STATUS = ["identified", "no_finite_estimate", "not_identifiable"]
VERDICTS = ["publishable", "fragile", "not_estimable"]
INTERVALS = ["bca", "percentile", "profile"]


class Error(Exception):
    """What was wrong, in words."""


class _Options(ctypes.Structure):
    _fields_ = [
        *((n, ctypes.c_uint64) for n in ("struct_size", "methods", "n_bootstrap", "seed")),
        *((n, ctypes.c_double) for n in ("p", "level", "recall_low", "recall_high", "precision_low", "precision_high")),
        ("delta", ctypes.c_double),
        *((n, ctypes.c_uint64) for n in ("grid_end", "grid_points")),
        *((n, ctypes.c_double) for n in ("prior_a", "prior_b")),
        ("prior_n", ctypes.c_uint64),
        *((n, ctypes.POINTER(ctypes.c_double)) for n in ("prior_totals", "prior_weights")),
        *((n, ctypes.c_int32) for n in ("prior", "reserved")),
        *((n, ctypes.c_int32) for n in ("order", "interval", "n_threads", "stability")),
        ("model", ctypes.c_char_p),
        *((n, ctypes.c_double) for n in ("alpha_shape", "alpha_rate")),
        *((n, ctypes.c_int32) for n in ("n_classes", "n_chains", "n_draws", "n_burn_in", "n_thin", "reserved_2")),
    ]


_NUMBERS = (
    "estimate lower upper level deviance aic aicc bic profile_lower profile_upper percentile_lower percentile_upper "
    "corrected_estimate corrected_lower corrected_upper"
).split()


class _Result(ctypes.Structure):
    _fields_ = [
        *((n, ctypes.c_uint64) for n in ("struct_size", "n_replicates", "n_failed")),
        *((n, ctypes.c_double) for n in _NUMBERS),
        *(
            (n, ctypes.c_int32)
            for n in ("method", "status", "n_parameters", "n_infinite", "upper_is_unbounded", "reserved")
        ),
    ]


def _load():
    path = os.environ.get("COUNTERFOIL_LIBRARY") or ctypes.util.find_library("counterfoil")
    if not path:
        raise OSError("libcounterfoil is not installed, and COUNTERFOIL_LIBRARY does not say where it is")
    library = ctypes.CDLL(path)
    report = ctypes.c_void_p
    for name, result, arguments in [
        ("cf_estimate_defaults", ctypes.c_int32, [ctypes.POINTER(_Options), ctypes.c_uint64]),
        (
            "cf_estimate_run",
            ctypes.c_int32,
            [
                ctypes.c_int32,
                ctypes.POINTER(ctypes.c_uint64),
                ctypes.POINTER(_Options),
                ctypes.POINTER(report),
                ctypes.c_char_p,
                ctypes.c_uint64,
            ],
        ),
        ("cf_estimate_free", None, [report]),
        ("cf_estimate_n_results", ctypes.c_int32, [report]),
        ("cf_estimate_get", ctypes.c_int32, [report, ctypes.c_int32, ctypes.POINTER(_Result)]),
        ("cf_estimate_model", ctypes.c_char_p, [report, ctypes.c_int32]),
        ("cf_estimate_reason", ctypes.c_char_p, [report, ctypes.c_int32]),
        (
            "cf_estimate_replicates",
            ctypes.POINTER(ctypes.c_double),
            [report, ctypes.c_int32, ctypes.POINTER(ctypes.c_uint64)],
        ),
        (
            "cf_estimate_draws",
            ctypes.POINTER(ctypes.c_double),
            [report, ctypes.c_int32, ctypes.POINTER(ctypes.c_uint64), ctypes.POINTER(ctypes.c_uint64)],
        ),
        ("cf_estimate_n_facts", ctypes.c_int32, [report, ctypes.c_int32]),
        ("cf_estimate_fact_name", ctypes.c_char_p, [report, ctypes.c_int32, ctypes.c_int32]),
        ("cf_estimate_fact", ctypes.c_double, [report, ctypes.c_int32, ctypes.c_int32]),
        ("cf_estimate_headline", ctypes.c_int32, [report]),
        ("cf_estimate_verdict", ctypes.c_int32, [report]),
        ("cf_estimate_n_verdict_reasons", ctypes.c_int32, [report]),
        ("cf_estimate_verdict_reason", ctypes.c_char_p, [report, ctypes.c_int32]),
        ("cf_estimate_verdict_rule", ctypes.c_char_p, [report, ctypes.c_int32]),
    ]:
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


def _read(path):
    with open(path, newline="", encoding="utf-8-sig") as f:
        rows = csv.DictReader(f)
        lists = [c for c in rows.fieldnames if c != "count" and not c.startswith("stratum_")]
        table = {}
        for row in rows:
            pattern = tuple(name for name in lists if row[name] == "1")
            table[pattern] = table.get(pattern, 0) + int(row["count"])
    return lists, table


def _counts(table):
    if not isinstance(table, dict):
        lists, table = _read(table)
    else:
        lists = list(dict.fromkeys(name for pattern in table for name in pattern))
    counts = (ctypes.c_uint64 * (1 << len(lists)))()
    for pattern, n in table.items():
        if n < 0:
            raise Error("a count is negative")
        counts[sum(1 << lists.index(name) for name in set(pattern))] += n
    return lists, counts


def _number(value):
    return None if math.isnan(value) else value


def _text(value):
    return value.decode() if value is not None else None


def _result(library, report, at):
    result = _Result(struct_size=ctypes.sizeof(_Result))
    if library.cf_estimate_get(report, at, ctypes.byref(result)) < 0:
        raise Error("a result is not there")
    n = ctypes.c_uint64()
    values = library.cf_estimate_replicates(report, at, ctypes.byref(n))
    return {
        "method": METHODS[result.method],
        "status": STATUS[result.status],
        "model": _text(library.cf_estimate_model(report, at)),
        "reason": _text(library.cf_estimate_reason(report, at)),
        **{name: _number(getattr(result, name)) for name in _NUMBERS},
        "upper_is_unbounded": bool(result.upper_is_unbounded),
        "failed": result.n_failed,
        "details": {
            _text(library.cf_estimate_fact_name(report, at, k)): _number(library.cf_estimate_fact(report, at, k))
            for k in range(library.cf_estimate_n_facts(report, at))
        },
        "replicates": values[: n.value] if n.value else [],
        "draws": _draws(library, report, at),
    }


def _draws(library, report, at):
    n_chains, n = ctypes.c_uint64(), ctypes.c_uint64()
    values = library.cf_estimate_draws(report, at, ctypes.byref(n_chains), ctypes.byref(n))
    return [values[i * n.value : (i + 1) * n.value] for i in range(n_chains.value)]


def _share(value):
    return value if isinstance(value, (tuple, list)) else (value, value)


def _set_prior(options, prior):
    """Returns what must live as long as the options."""
    if isinstance(prior, str):
        options.prior = ["reciprocal", "flat"].index(prior)
        return None
    if not isinstance(prior, dict):
        options.prior, (options.prior_a, options.prior_b) = 2, prior
        return None
    totals = sorted(prior)
    array = ctypes.c_double * len(totals)
    points = array(*totals), array(*(prior[t] for t in totals))
    options.prior, options.prior_n = 3, len(totals)
    options.prior_totals, options.prior_weights = points
    return points


def estimate(
    table,
    methods=("main", "stepwise", "bic"),
    model=None,
    p=0.02,
    order=2,
    bootstrap=0,
    seed=1,
    level=0.95,
    interval="bca",
    recall=1.0,
    precision=1.0,
    delta=0.0,
    grid=None,
    prior="reciprocal",
    alpha=(0.25, 0.25),
    classes=10,
    chains=4,
    draws=2500,
    burn_in=10000,
    thin=5,
    threads=0,
    stability=True,
):
    """Estimates and their verdict, as a dictionary of plain values; numbers that do not exist are None.

    recall and precision of the record linkage are numbers or pairs (low, high). Of the method graphs are delta,
    grid, a pair (end, points), and prior: "reciprocal" (1/N), "flat", a pair (a, b) for the negative binomial with mean
    a b, or a mapping from totals to weights with straight lines between them. Of the method
    classes are alpha, a pair (shape, rate), classes, chains, draws, burn_in and thin; the draws of a posterior are a
    list of chains.
    """
    library = _load()
    lists, counts = _counts(table)
    options = _Options()
    library.cf_estimate_defaults(ctypes.byref(options), ctypes.sizeof(options))
    options.methods = sum(1 << METHODS.index(m) for m in methods)
    options.n_bootstrap, options.seed, options.p, options.level = bootstrap, seed, p, level
    options.order, options.interval, options.n_threads = order, INTERVALS.index(interval), threads
    options.recall_low, options.recall_high = _share(recall)
    options.precision_low, options.precision_high = _share(precision)
    options.delta = delta
    points = _set_prior(options, prior)
    options.grid_end, options.grid_points = grid or (0, 0)
    options.alpha_shape, options.alpha_rate = alpha
    options.n_classes, options.n_chains, options.n_draws = classes, chains, draws
    options.n_burn_in, options.n_thin = burn_in, thin
    options.stability = int(stability)
    options.model = model.encode() if model else None
    report = ctypes.c_void_p()
    message = ctypes.create_string_buffer(400)
    status = library.cf_estimate_run(len(lists), counts, ctypes.byref(options), ctypes.byref(report), message, 400)
    del points
    if status < 0:
        raise Error(message.value.decode() or f"error {status}")
    try:
        return {
            "lists": lists,
            "results": [_result(library, report, i) for i in range(library.cf_estimate_n_results(report))],
            "headline": library.cf_estimate_headline(report),
            "verdict": VERDICTS[library.cf_estimate_verdict(report)],
            "reasons": [
                (
                    _text(library.cf_estimate_verdict_rule(report, i)),
                    _text(library.cf_estimate_verdict_reason(report, i)),
                )
                for i in range(library.cf_estimate_n_verdict_reasons(report))
            ],
        }
    finally:
        library.cf_estimate_free(report)
