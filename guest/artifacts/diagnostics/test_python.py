"""The Python packages of the image: each can be imported and does one small, real thing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import sys
from pathlib import Path

import pytest

SITE = Path("/usr/local/lib/python3.11/dist-packages")


def test_interpreter_is_debians():
    assert sys.version_info[:2] == (3, 11)


def test_every_requirement_is_met(run):
    done = run("/usr/bin/python3 -m pip check")
    assert done.returncode == 0, done.text


def test_no_package_was_recorded_with_a_path_of_the_build():
    found = [str(path) for path in SITE.glob("*.dist-info/direct_url.json")]
    assert found == []


def test_compiled_code_needs_no_clock():
    """Compiled files name their source by its hash, so that no time is needed to trust them. What was
    compiled since, by a program that ran here, is newer than the image's own files."""
    built = max(path.stat().st_mtime for path in SITE.glob("pytest/*.py"))
    compiled = [path for path in SITE.glob("pytest/__pycache__/*.pyc") if path.stat().st_mtime <= built]
    if not compiled:
        pytest.skip("this image has no compiled Python")
    assert all(path.read_bytes()[4] & 1 for path in compiled)


def test_numpy():
    numpy = pytest.importorskip("numpy")
    matrix = numpy.array([[2.0, 1.0], [1.0, 3.0]])
    solved = numpy.linalg.solve(matrix, numpy.array([3.0, 5.0]))
    assert numpy.allclose(matrix @ solved, [3.0, 5.0])


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(io.StringIO("kind,value\na,1\nb,2\na,3\n"))
    assert frame.groupby("kind")["value"].sum().to_dict() == {"a": 4, "b": 2}


def test_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    found = optimize.minimize_scalar(lambda x: (x - 2) ** 2)
    assert abs(found.x - 2) < 1e-6


def test_scikit_learn():
    linear = pytest.importorskip("sklearn.linear_model")
    model = linear.LinearRegression().fit([[0], [1], [2]], [1, 3, 5])
    assert abs(model.predict([[3]])[0] - 7) < 1e-9


def test_matplotlib(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.plot([0, 1], [0, 1])
    pyplot.savefig(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_pillow(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / "red.jpg")
    with image.open(tmp_path / "red.jpg") as read:
        assert read.size == (4, 4)


def test_yaml():
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load("a: [1, 2]") == {"a": [1, 2]}


def test_beautiful_soup_with_lxml():
    soup = pytest.importorskip("bs4")
    pytest.importorskip("lxml")
    assert soup.BeautifulSoup("<p>one<p>two", "lxml").find_all("p")[1].text == "two"


@pytest.mark.parametrize("module", ["requests", "httpx", "tqdm", "rich", "fastmcp"])
def test_module_is_there(module):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not in this image")
    assert importlib.metadata.version(module)
