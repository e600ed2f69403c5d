"""Record linkage from Python, over libcounterfoil by ctypes; nothing else is needed.

    >>> import counterfoil_link
    >>> people = [{"name": f"person {chr(97 + i % 26)}{chr(97 + i // 26)}", "born": f"19{50 + i % 40}-0{1 + i % 9}-1{i % 7}",
    ...            "phone": f"06{i * 7919 % 100000000:08d}"} for i in range(120)]
    >>> answer = counterfoil_link.link([people + people[:30]])
    >>> answer["rows"], answer["persons"]
    (150, 120)
    >>> answer["clusters"][0][0] == answer["clusters"][0][120]
    True

A table is a list of mappings, or the path of a CSV file.
"""

import csv
import ctypes
import ctypes.util
import io
import os


class Error(Exception):
    """What was wrong, in words."""


class _Table(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("data", ctypes.c_char_p), ("n_bytes", ctypes.c_uint64)]


class _Options(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint64),
        ("memory_bytes", ctypes.c_uint64),
        ("threshold", ctypes.c_double),
        ("dedupe", ctypes.c_int32),
        ("n_threads", ctypes.c_int32),
        *((n, ctypes.c_char_p) for n in ("ignore", "id", "settings", "model", "temporary")),
    ]


_COUNTS = "n_rows n_tables n_persons n_joined n_pairs n_largest n_kept".split()
_NUMBERS = "n_compared threshold weight precision_low precision_high recall_low recall_high".split()


class _Summary(ctypes.Structure):
    _fields_ = [
        *((n, ctypes.c_uint64) for n in ("struct_size", *_COUNTS)),
        *((n, ctypes.c_double) for n in _NUMBERS),
    ]


class _Pair(ctypes.Structure):
    _fields_ = [("left", ctypes.c_uint32), ("right", ctypes.c_uint32), ("weight", ctypes.c_double)]


def _load():
    path = os.environ.get("COUNTERFOIL_LIBRARY") or ctypes.util.find_library("counterfoil")
    if not path:
        raise OSError("libcounterfoil is not installed, and COUNTERFOIL_LIBRARY does not say where it is")
    library = ctypes.CDLL(path)
    report, uint32 = ctypes.c_void_p, ctypes.c_uint32
    for name, result, arguments in [
        ("cf_link_defaults", ctypes.c_int32, [ctypes.POINTER(_Options), ctypes.c_uint64]),
        (
            "cf_link_run",
            ctypes.c_int32,
            [
                ctypes.POINTER(_Table),
                ctypes.c_uint64,
                ctypes.POINTER(_Options),
                ctypes.POINTER(report),
                ctypes.c_char_p,
                ctypes.c_uint64,
            ],
        ),
        ("cf_link_free", None, [report]),
        ("cf_link_get", ctypes.c_int32, [report, ctypes.POINTER(_Summary)]),
        ("cf_link_first_row", ctypes.c_uint64, [report, ctypes.c_uint64]),
        ("cf_link_clusters", ctypes.POINTER(uint32), [report, ctypes.POINTER(ctypes.c_uint64)]),
        ("cf_link_kept", ctypes.c_int64, [report, ctypes.c_uint64, ctypes.POINTER(_Pair), ctypes.c_uint64]),
        ("cf_link_probability", ctypes.c_double, [ctypes.c_double]),
        ("cf_link_n_fields", ctypes.c_int32, [report]),
        ("cf_link_field_name", ctypes.c_char_p, [report, ctypes.c_int32]),
        (
            "cf_link_field_weight",
            ctypes.c_double,
            [report, ctypes.c_int32, uint32, uint32, ctypes.POINTER(ctypes.c_char_p)],
        ),
        ("cf_link_model", ctypes.c_char_p, [report]),
        ("cf_link_settings", ctypes.c_char_p, [report]),
    ]:
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


def _table(number, table):
    if isinstance(table, (str, os.PathLike)):
        return _Table(os.fsencode(table), None, 0)
    out = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in table for name in row))
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    data = out.getvalue().encode()
    return _Table(f"table {number + 1}".encode(), data, len(data))


def _kept(library, report, n):
    pairs = (_Pair * n)()
    got = library.cf_link_kept(report, 0, pairs, n)
    if got < 0:
        raise Error("the kept pairs cannot be read")
    return [(p.left, p.right, p.weight) for p in pairs[:got]]


def _explain(library, report, left, right):
    steps = {}
    for field in range(library.cf_link_n_fields(report)):
        level = ctypes.c_char_p()
        weight = library.cf_link_field_weight(report, field, left, right, ctypes.byref(level))
        steps[library.cf_link_field_name(report, field).decode()] = (level.value.decode(), weight)
    return steps


def _answer(library, report, explain):
    summary = _Summary(struct_size=ctypes.sizeof(_Summary))
    library.cf_link_get(report, ctypes.byref(summary))
    n = ctypes.c_uint64()
    clusters = library.cf_link_clusters(report, ctypes.byref(n))[: summary.n_rows] if summary.n_rows else []
    first = [library.cf_link_first_row(report, t) for t in range(summary.n_tables + 1)]
    return {
        "rows": summary.n_rows,
        "persons": summary.n_persons,
        **{name: getattr(summary, name) for name in _NUMBERS},
        "clusters": [clusters[a:b] for a, b in zip(first, first[1:])],
        "pairs": _kept(library, report, summary.n_kept),
        "explained": {(a, b): _explain(library, report, a, b) for a, b in explain},
        "model": library.cf_link_model(report).decode(),
        "settings": library.cf_link_settings(report).decode(),
    }


def link(tables, ignore=(), id=None, dedupe=False, threshold=0.0, threads=0, memory=0, settings=None, model=None,
         explain=()):
    """Links the rows of the tables; rows are numbered from 0 through all tables.

    explain: pairs of rows for which what each field adds is wanted. Returns a dict; Error says what was wrong.
    """
    library = _load()
    options = _Options()
    library.cf_link_defaults(ctypes.byref(options), ctypes.sizeof(options))
    options.ignore = ",".join(ignore).encode() or None
    options.id = id.encode() if id else None
    options.dedupe, options.threshold, options.n_threads = int(dedupe), threshold, threads
    options.memory_bytes = memory
    options.settings = settings.encode() if settings else None
    options.model = model.encode() if model else None
    given = (_Table * len(tables))(*(_table(i, t) for i, t in enumerate(tables)))
    report = ctypes.c_void_p()
    message = ctypes.create_string_buffer(400)
    if library.cf_link_run(given, len(tables), ctypes.byref(options), ctypes.byref(report), message, len(message)) < 0:
        raise Error(message.value.decode())
    try:
        return _answer(library, report, explain)
    finally:
        library.cf_link_free(report)
