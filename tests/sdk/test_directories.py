"""Where runs are kept: the first place that can be written, a job's own disk before a slow one."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanllmdb import mounts
from wanllmdb.directories import places, spool_root
from wanllmdb.evacuation import evacuated
from wanllmdb.settings import Settings
from wanllmdb.spool import Spool
from wanllmdb.surroundings import NOWHERE, expanded

LINE = "{number} 1 0:{number} / {point} rw,relatime shared:1 - {kind} source rw\n"


def mountinfo(tmp_path: Path, **points: str) -> Path:
    """What the kernel would say: `/` is a disk, and of the directories named each is as said."""
    path = tmp_path / "mountinfo"
    lines = [LINE.format(number=1, point="/", kind="ext4")]
    for number, (name, kind) in enumerate(points.items(), 2):
        (tmp_path / name).mkdir(exist_ok=True)
        lines.append(LINE.format(number=number, point=tmp_path / name, kind=kind))
    path.write_text("".join(lines))
    return path


def chosen(
    tmp_path: Path,
    mounted: Path,
    *,
    settings: Settings | None = None,
    answers: bool = True,
    **environ: str,
) -> tuple[Path, str | None]:
    settings = settings or Settings(dir=str(tmp_path / "home"))
    return spool_root(
        settings, environ=environ, cwd=tmp_path, mountinfo=mounted, answers=lambda _: answers
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/data/x/y", "nfs4"), ("/data", "nfs4"), ("/database", "ext4"), ("/my disk/x", "tmpfs")],
)
def test_a_path_is_on_the_mount_that_is_nearest_above_it(
    tmp_path: Path, path: str, kind: str
) -> None:
    mounted = tmp_path / "mountinfo"
    points = [("/", "rootfs"), ("/", "ext4"), ("/data", "nfs4"), ("/my\\040disk", "tmpfs")]
    mounted.write_text(
        "".join(LINE.format(number=n, point=p, kind=k) for n, (p, k) in enumerate(points))
    )
    assert mounts.file_system(Path(path), mounted) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "lustre", "fuse.sshfs", "beegfs"])
def test_what_is_behind_a_network_is_remote(kind: str) -> None:
    assert mounts.is_remote(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "tmpfs", "overlay", "fuseblk", None])
def test_what_is_on_this_machine_is_not(kind: str | None) -> None:
    assert not mounts.is_remote(kind)


def test_a_jobs_own_disk_is_taken_when_the_usual_place_is_behind_a_network(tmp_path: Path) -> None:
    mounted = mountinfo(tmp_path, home="nfs4", scratch="xfs")
    place, reason = chosen(tmp_path, mounted, SLURM_TMPDIR=str(tmp_path / "scratch"))
    assert place.is_relative_to(tmp_path / "scratch")
    assert reason == f"{tmp_path}/home/wanllmdb is behind a network (nfs4)"


@pytest.mark.parametrize(
    ("home", "scratch", "mode"),
    [("ext4", "xfs", "online"), ("nfs4", "nfs4", "online"), ("nfs4", "xfs", "offline")],
    ids=["the usual place is local", "the scratch is not", "nobody sends while the job runs"],
)
def test_a_jobs_own_disk_is_not_taken_when(
    tmp_path: Path, home: str, scratch: str, mode: str
) -> None:
    mounted = mountinfo(tmp_path, home=home, scratch=scratch)
    settings = Settings(dir=str(tmp_path / "home"), mode=mode)
    place, reason = chosen(
        tmp_path, mounted, settings=settings, SLURM_TMPDIR=str(tmp_path / "scratch")
    )
    assert place == tmp_path / "home" / "wanllmdb"
    assert reason is None


def test_a_jobs_own_disk_is_not_taken_when_no_server_would_take_the_rows_off_it(
    tmp_path: Path,
) -> None:
    mounted = mountinfo(tmp_path, home="nfs4", scratch="xfs")
    place, _ = chosen(tmp_path, mounted, answers=False, SLURM_TMPDIR=str(tmp_path / "scratch"))
    assert place == tmp_path / "home" / "wanllmdb"


def test_what_is_left_on_a_jobs_own_disk_is_brought_away_whole(tmp_path: Path) -> None:
    directory = tmp_path / "scratch" / "20260101_000000-r1"
    (directory / "files" / "media").mkdir(parents=True)
    for name in ("w-000000.seg", "w.ack", "w.lock", "files/media/x.png"):
        (directory / name).write_text(name)
    moved = evacuated(directory, tmp_path / "home")
    assert moved is not None
    assert moved == tmp_path / "home" / directory.name
    assert (moved / "w-000000.seg").read_text() == "w-000000.seg"
    assert (moved / "files/media/x.png").is_file()
    assert not (moved / "w.lock").exists()
    assert not directory.exists()


def test_what_another_process_still_writes_is_not_brought_away(tmp_path: Path) -> None:
    directory = tmp_path / "scratch" / "r1"
    spool = Spool.create(directory, {"run": "r1"}, writer="w")
    assert evacuated(directory, tmp_path / "home") is None
    spool.close()
    assert evacuated(directory, tmp_path / "home") == tmp_path / "home" / "r1"


def test_what_cannot_be_brought_away_stays(tmp_path: Path) -> None:
    directory = tmp_path / "scratch" / "r1"
    directory.mkdir(parents=True)
    (tmp_path / "home").write_text("no directory")
    assert evacuated(directory, tmp_path / "home" / "x") is None
    assert directory.is_dir()


def test_a_spool_directory_that_is_named_wins(tmp_path: Path) -> None:
    mounted = mountinfo(tmp_path, home="nfs4", scratch="xfs")
    settings = Settings(dir=str(tmp_path / "home"), spool_dir=str(tmp_path / "here"))
    place, reason = chosen(tmp_path, mounted, settings=settings, TMPDIR=str(tmp_path / "scratch"))
    assert (place, reason) == (tmp_path / "here", None)


def test_a_place_that_cannot_be_written_is_named_and_the_next_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(spool_dir=str(tmp_path / "file"), dir=str(tmp_path / "home"))
    place, reason = chosen(tmp_path, mountinfo(tmp_path), settings=settings)
    assert place == tmp_path / "home" / "wanllmdb"
    assert reason is not None
    assert reason.startswith(f"{tmp_path}/file cannot be written (")


def test_a_working_directory_that_was_deleted_is_not_made_anew(tmp_path: Path) -> None:
    found = list(places(Settings(), {"HOME": "/x"}, tmp_path / "gone"))
    assert not any(place.is_relative_to(tmp_path) for place in found)


def test_a_home_that_nobody_knows_is_a_place_where_nothing_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert expanded("~nobody-of-this-name/x") == NOWHERE / "x"
    monkeypatch.setenv("HOME", "/home/somebody")
    assert expanded("~/x") == Path("/home/somebody/x")


def test_a_place_of_somebody_else_in_a_directory_of_all_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wanllmdb.directories.os.getuid", lambda: 12345)
    mounted = mountinfo(tmp_path, home="nfs4", scratch="xfs")
    place, reason = chosen(tmp_path, mounted, SLURM_TMPDIR=str(tmp_path / "scratch"))
    assert place == tmp_path / "home" / "wanllmdb"
    assert reason is not None
    assert "it belongs to somebody else" in reason
