"""Output is written whole or not at all."""

from pathlib import Path

import pytest

from abate.engine.whole import whole_folder, write_whole


def test_stopping_at_any_moment_leaves_the_earlier_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also between the two moves: the earlier one goes only once the new one stands."""
    out = tmp_path / "out"
    with whole_folder(out, "marker", "thing") as work:
        (work / "marker").write_text("first", encoding="utf-8")
    rename, calls = Path.rename, []

    def stopped(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stopped)
    with pytest.raises(KeyboardInterrupt), whole_folder(out, "marker", "thing") as work:
        (work / "marker").write_text("second", encoding="utf-8")
    assert (out / "marker").read_text(encoding="utf-8") == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_has_the_permissions_of_a_new_one_and_nothing_is_left_of_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plain").write_text("x", encoding="utf-8")
    write_whole(tmp_path / "whole", "x")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "whole", "y")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain", "whole"]
    assert (tmp_path / "whole").read_text(encoding="utf-8") == "x"
