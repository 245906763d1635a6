"""What the core promises: an exception tree, configuration, silence, and a light import."""

import builtins
import logging
import pickle
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from assay.core import clock, config, errors, progress
from assay.core.errors import AssayError, DependencyMissing, InvalidInput, StateError
from assay.core.logging import get_logger, log_to_stderr

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, AssayError)]


@pytest.mark.parametrize("error", ALL)
def test_every_error_can_be_raised_and_pickled(error):
    raised = error("what was wrong")
    assert str(raised) == "what was wrong"
    again = pickle.loads(pickle.dumps(raised))
    assert type(again) is error
    assert str(again) == str(raised)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        ("InvalidInput", "ValueError"),
        ("EncodingError", "ValueError"),
        ("LimitError", "ValueError"),
        ("WrongType", "TypeError"),
        ("NotFound", "LookupError"),
        ("StateError", "RuntimeError"),
        ("SystemFailure", "OSError"),
        ("CancelledError", "RuntimeError"),
        ("DependencyMissing", "ImportError"),
        ("LedgerError", "RuntimeError"),
        ("AuthorizationError", "PermissionError"),
        ("RevokedError", "PermissionError"),
    ],
)
def test_errors_are_also_the_builtin_that_fits(error, builtin):
    assert issubclass(getattr(errors, error), (getattr(builtins, builtin)))


def test_a_failed_verification_is_no_value_error():
    """Whoever catches ValueError around a verification must not swallow its verdict."""
    for error in (errors.VerificationError, errors.SignatureError, errors.ProofError):
        assert not issubclass(error, ValueError)


def test_a_missing_dependency_names_its_extra():
    error = DependencyMissing.of("torch", extra="ml")
    assert (error.name, "assay-engine[ml]" in str(error)) == ("torch", True)


def test_import_is_light():
    """`import assay` brings none of these, and `assay.core` no more."""
    heavy = ["torch", "sklearn", "rich", "typer", "cryptography", "matplotlib", "scipy"]
    check = (
        f"import sys, assay, assay.core.encoding, assay.core.progress; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- configuration ---------------------------------------------------------------------------------------------------


def test_cache_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("ASSAY_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert config.cache_dir("keys") == tmp_path / "home/.cache/assay/keys"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert config.cache_dir() == tmp_path / "home/.cache/assay"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert config.cache_dir() == tmp_path / "xdg/assay"
    monkeypatch.setenv("ASSAY_CACHE_DIR", str(tmp_path / "own"))
    assert config.cache_dir("a", "b", create=False) == tmp_path / "own/a/b"
    assert not (tmp_path / "own").exists()
    made = config.cache_dir("a")
    assert made.is_dir()
    assert made.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("ASSAY_CACHE_DIR", "relative")
    with pytest.raises(InvalidInput, match="not an absolute path"):
        config.cache_dir()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASSAY_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(StateError, match="set ASSAY_CACHE_DIR"):
        config.cache_dir("a")


def test_environment(monkeypatch):
    for text, value in [("", 7), (" ", 7), ("3", 3), (" -2 ", -2)]:
        monkeypatch.setenv("ASSAY_TEST", text)
        assert config.env_int("ASSAY_TEST", 7) == value
    for text in ("x", "1.5", "0x10", "9", "-9"):
        monkeypatch.setenv("ASSAY_TEST", text)
        with pytest.raises(InvalidInput, match="ASSAY_TEST="):
            config.env_int("ASSAY_TEST", 1, low=0, high=5)
    for text, truth in [("1", True), ("Yes", True), ("off", False), ("", True)]:
        monkeypatch.setenv("ASSAY_TEST", text)
        assert config.env_bool("ASSAY_TEST", True) is truth
    monkeypatch.setenv("ASSAY_TEST", "maybe")
    with pytest.raises(InvalidInput):
        config.env_bool("ASSAY_TEST", True)
    with pytest.raises(InvalidInput, match="one of a, b"):
        config.env_choice("ASSAY_TEST", ["a", "b"], "a")
    monkeypatch.setenv("ASSAY_TEST", "b")
    assert config.env_choice("ASSAY_TEST", ["a", "b"], "a") == "b"


# --- clock, logging, progress ----------------------------------------------------------------------------------------


def test_clock():
    moment = datetime(2027, 1, 15, 8, 0, 0, 123_999, tzinfo=UTC)
    assert clock.from_datetime(moment) == 1_800_000_000_123
    assert clock.to_datetime(1_800_000_000_123) == moment.replace(microsecond=123_000)
    assert abs(clock.system_clock() - clock.from_datetime(datetime.now(UTC))) < 10_000


def test_logging_is_quiet_until_asked(capsys):
    logger = get_logger("assay.test")
    logger.error("unheard")
    assert capsys.readouterr().err == ""
    handler = log_to_stderr()
    try:
        logger.info("heard")
    finally:
        logging.getLogger("assay").removeHandler(handler)
    assert "heard" in capsys.readouterr().err


def test_progress_is_silent_by_default_and_drawn_on_demand(capsys):
    with progress.SILENT.task("job", total=3) as task:
        task.advance()
        task.describe("later")
    assert capsys.readouterr() == ("", "")
    with progress.RichProgress(delay=3600) as display, display.task("short job", total=3) as task:
        task.advance(2)
    assert capsys.readouterr() == ("", "")
    with progress.RichProgress(delay=3600) as display, display.task("long job", total=3) as task:
        display._start()
        task.advance(2)
        task.describe("long job, second stage")
        display._display.refresh()
    assert capsys.readouterr().out == ""
