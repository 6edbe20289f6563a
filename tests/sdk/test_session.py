"""A session: how runs begin, which one is current, and that each ends as its script does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept, kept_in, rows
from tests.sdk.stub_server import KEY, Fault, StubServer

import wanllmdb as wandb
from wanllmdb import journal
from wanllmdb.errors import AuthenticationError, CommError, Error, UsageError
from wanllmdb.wire import Kind

QUIET = {"console": "off", "monitor_system": False, "finish_timeout": 2}


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    with StubServer() as server:
        monkeypatch.setenv("WANLLMDB_API_URL", server.url)
        monkeypatch.setenv("WANLLMDB_API_KEY", KEY)
        yield server


def script(
    home: Path, body: str, **environ: str
) -> tuple[subprocess.CompletedProcess[str], list[Any]]:
    """Run a script as a user would, offline; what it left in its journal."""
    path = home / "work" / "train.py"
    path.write_text("import os, sys\nimport wanllmdb as wandb\n" + textwrap.dedent(body))
    done = subprocess.run(
        [sys.executable, str(path)],
        env={**os.environ, "WANLLMDB_MODE": "offline", **environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    root = home / ".local/state/wanllmdb/spool"
    found = [each for run in sorted(root.iterdir()) for each in kept_in(run, Kind.FINISH)]
    return done, found


class TestBefore:
    def test_there_is_no_run(self, home: Path) -> None:
        assert wandb.run is None

    @pytest.mark.parametrize(
        "call",
        [
            lambda: wandb.log({"a": 1}),
            lambda: wandb.define_metric("a"),
            lambda: wandb.config["a"],
            lambda: wandb.config.a,
            lambda: hasattr(wandb.config, "a"),
            lambda: wandb.config.update({"a": 1}),
            lambda: wandb.summary["a"],
            lambda: dict(wandb.summary),
        ],
    )
    def test_what_needs_a_run_says_so(self, home: Path, call: Any) -> None:
        with pytest.raises(Error, match=r"You must call wandb.init\(\) before"):
            call()

    def test_finish_does_nothing(self, home: Path) -> None:
        wandb.finish()
        wandb.finish(1)

    def test_a_config_imported_by_name_is_the_runs_as_soon_as_there_is_one(
        self, home: Path
    ) -> None:
        config = wandb.config
        wandb.init(mode="offline", config={"lr": 1}, settings=QUIET)
        assert config.lr == config["lr"] == 1
        assert dict(config) == {"lr": 1}


class TestCurrent:
    def test_init_makes_the_run_current_and_finish_ends_that(self, home: Path) -> None:
        run = wandb.init(mode="offline", settings=QUIET)
        assert wandb.run is run
        wandb.log({"a": 1})
        assert wandb.summary["a"] == 1
        wandb.finish()
        assert wandb.run is None
        with pytest.raises(Error):
            wandb.log({"a": 2})

    def test_a_second_init_returns_the_active_run_unchanged(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = wandb.init(mode="offline", config={"a": 1}, settings=QUIET)
        assert wandb.init(mode="offline", config={"a": 2}) is run
        assert run.config["a"] == 1
        assert "is active" in capsys.readouterr().err

    @pytest.mark.parametrize("reinit", [True, "finish_previous"])
    def test_reinit_ends_the_previous_run_first(self, home: Path, reinit: Any) -> None:
        first = wandb.init(mode="offline", settings=QUIET)
        second = wandb.init(mode="offline", reinit=reinit, settings=QUIET)
        assert first.is_over
        assert wandb.run is second is not first

    def test_create_new_leaves_the_current_run_alone(self, home: Path) -> None:
        first = wandb.init(mode="offline", settings=QUIET)
        second = wandb.init(mode="offline", reinit="create_new", settings=QUIET)
        assert wandb.run is first
        second.log({"b": 1})
        second.finish()
        assert wandb.run is first
        assert rows(second) == [(0, {"b": 1})]
        assert rows(first) == []

    def test_init_in_a_thread_sets_the_run_of_all(self, home: Path) -> None:
        thread = threading.Thread(target=lambda: wandb.init(mode="offline", settings=QUIET))
        thread.start()
        thread.join()
        assert wandb.run is not None

    def test_a_run_is_a_context_that_ends(self, home: Path) -> None:
        with wandb.init(mode="offline", settings=QUIET) as run:
            run.log({"a": 1})
        assert wandb.run is None
        assert kept(run, Kind.FINISH)[0]["exit_code"] == 0

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (ValueError("bad"), 1),
            (KeyboardInterrupt(), 255),
            (SystemExit(3), 3),
            (SystemExit(0), 0),
            (SystemExit("message"), 1),
        ],
        ids=repr,
    )
    def test_an_exception_in_the_context_is_the_runs_exit_code(
        self, home: Path, error: BaseException, code: int
    ) -> None:
        with (
            pytest.raises(type(error)),
            wandb.init(mode="offline", settings=QUIET) as run,
        ):
            raise error
        [finish] = kept(run, Kind.FINISH)
        assert finish["exit_code"] == code
        assert ("traceback" in finish) == isinstance(error, ValueError)


class TestArguments:
    def test_an_unknown_argument_is_a_type_error(self, home: Path) -> None:
        with pytest.raises(TypeError, match="unexpected keyword argument 'projekt'"):
            wandb.init(projekt="p")

    def test_arguments_of_older_versions_are_accepted(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wandb.init(mode="offline", magic=True, anonymous="allow", force=None, settings=QUIET)
        assert "anonymous, magic" in capsys.readouterr().err

    @pytest.mark.parametrize("id_", ["", " a", "a/b", "a\\b", "a:b", "..", "x\n", "é" * 129])
    def test_an_id_that_cannot_be_is_refused_with_one_that_could(
        self, home: Path, id_: str
    ) -> None:
        with pytest.raises(UsageError, match="Try '"):
            wandb.init(mode="offline", id=id_)
        assert wandb.run is None

    @pytest.mark.parametrize("project", ["a/b", "a:b", "a#b", "a?b", "a%b", "a\\b", "x" * 129])
    def test_a_project_that_cannot_be_is_refused(self, home: Path, project: str) -> None:
        with pytest.raises(UsageError):
            wandb.init(mode="offline", project=project)

    @pytest.mark.parametrize("project", [None, ""])
    def test_without_a_project_the_run_is_uncategorized(
        self, home: Path, project: str | None
    ) -> None:
        assert wandb.init(mode="offline", project=project, settings=QUIET).project == (
            "uncategorized"
        )

    def test_a_bare_string_is_one_tag(self, home: Path) -> None:
        assert wandb.init(mode="offline", tags="baseline", settings=QUIET).tags == ("baseline",)

    @pytest.mark.parametrize("tags", [["x" * 65], [""], [3]], ids=repr)
    def test_a_tag_that_cannot_be_is_refused(self, home: Path, tags: Any) -> None:
        with pytest.raises(UsageError):
            wandb.init(mode="offline", tags=tags)

    def test_config_keys_may_be_chosen(self, home: Path) -> None:
        config = {"a": 1, "b": 2}
        run = wandb.init(mode="offline", config=config, config_exclude_keys=["a"], settings=QUIET)
        assert dict(run.config) == {"b": 2}
        assert config == {"a": 1, "b": 2}

    def test_defaults_of_the_working_directory_come_first(self, home: Path) -> None:
        Path("config-defaults.yaml").write_text("lr: {value: 1}\nbs: {value: 2}\n")
        run = wandb.init(mode="offline", config={"lr": 3}, settings=QUIET)
        assert dict(run.config) == {"lr": 3, "bs": 2}


class TestOffline:
    def test_a_run_has_an_id_and_a_name_without_any_server(self, home: Path) -> None:
        run = wandb.init(mode="offline", project="p", settings=QUIET)
        assert len(run.id) == 8
        assert run.name.count("-") == 2
        assert (run.url, run.entity, run.offline, run.resumed) == (None, "", True, False)
        assert Path(run.dir).is_dir()

    def test_the_first_record_says_what_the_server_needs_to_know(self, home: Path) -> None:
        run = wandb.init(
            mode="offline",
            project="p",
            name="n",
            config={"lr": 0.1, "api_key": "hidden"},
            tags=["t"],
            notes="why",
            group="g",
            job_type="j",
            settings=QUIET,
        )
        [payload] = kept(run, Kind.RUN)
        environment = payload.pop("environment")
        assert environment["host"] == socket.gethostname()
        assert abs(payload.pop("started_at") - run.start_time * 1e6) <= 1
        [writer] = journal.writers(Path(run.dir).parent)
        assert payload.pop("writer_facts") == {"opener": writer, "part": "peer", "deferred": True}
        assert payload == {
            "id": run.id,
            "project": "p",
            "name": "n",
            "config": {"lr": 0.1, "api_key": "[redacted]"},
            "tags": ["t"],
            "notes": "why",
            "group": "g",
            "job_type": "j",
        }
        assert run.config["api_key"] == "hidden"

    def test_two_lines_at_the_start_and_one_at_the_end(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = wandb.init(mode="offline", settings=QUIET)
        run.log({"a": 1})
        assert len(capsys.readouterr().err.splitlines()) == 2
        run.finish()
        [line] = capsys.readouterr().err.splitlines()
        assert "kept 1 rows" in line
        assert "wanllmdb sync" in line

    def test_silence_is_kept(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WANDB_SILENT", "true")
        run = wandb.init(mode="offline", settings=QUIET)
        run.log({"bad": object()})
        run.finish()
        assert capsys.readouterr().err == ""

    def test_a_home_that_cannot_be_written_is_said_and_another_place_is_found(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
        run = wandb.init(mode="offline", settings=QUIET)
        assert Path(run.dir).is_relative_to(home / "work" / ".wanllmdb")
        assert "/proc/nowhere" in capsys.readouterr().err


class TestDisabled:
    def test_a_disabled_run_behaves_like_one_and_leaves_nothing(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = wandb.init(mode="disabled", project="p", config={"lr": 1})
        run.log({"loss": 2.0})
        run.log({"loss": object()}, step=5)
        run.config["more"] = 1
        run.summary["best"] = 1
        run.define_metric("loss")
        assert wandb.run is run
        assert isinstance(run, wandb.Run)
        assert (run.disabled, run.url, run.step) == (True, None, 5)
        assert run.name == f"dummy-{run.id}"
        assert dict(run.summary) == {"loss": 2.0, "best": 1}
        run.finish()
        assert wandb.run is None
        assert list(home.rglob("*.seg")) == []

    def test_the_old_variable_disables_and_says_so(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WANDB_DISABLED", "true")
        assert wandb.init().disabled
        assert "WANDB_DISABLED" in capsys.readouterr().err


class TestOnline:
    def test_what_is_logged_arrives_and_the_last_line_says_so(
        self, server: StubServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = wandb.init(project="p", config={"lr": 1}, settings=QUIET)
        assert run.entity == "local"
        assert run.url == f"{server.url}/local/p/{run.id}"
        for count in range(1204):
            run.log({"loss": count})
        run.finish()
        found = server.records(run.id, Kind.ROW)
        assert [values["loss"] for _, _, values in found] == list(range(1204))
        assert server.records(run.id, Kind.FINISH)[0]["logged"] == 1204
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 3
        assert run.name in lines[0]
        assert str(run.url) in lines[1]
        assert f"synced 1,204 rows · {run.url}" in lines[2]

    def test_a_wrong_key_is_said_at_once_and_leaves_nothing(
        self, server: StubServer, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WANLLMDB_API_KEY", "wl-" + "x" * 43)
        with pytest.raises(AuthenticationError, match="wanllmdb login") as caught:
            wandb.init(project="p")
        assert "x" * 20 not in str(caught.value)
        assert wandb.run is None
        assert list(home.rglob("*.seg")) == []

    @pytest.mark.parametrize("key", ["wl-two words", "wl-ümlaut", "wl-\x00"], ids=repr)
    def test_a_key_that_can_be_none_is_refused_without_asking(
        self, server: StubServer, key: str
    ) -> None:
        with pytest.raises(AuthenticationError):
            wandb.init(project="p", settings={"api_key": key})
        assert server.requests == []

    def test_without_a_key_a_server_elsewhere_needs_a_login(self, home: Path) -> None:
        with pytest.raises(UsageError, match=r"wanllmdb login --host https://track\.example"):
            wandb.init(settings={"api_url": "https://track.example"})

    def test_a_user_name_and_a_password_are_as_good_as_a_key(
        self, server: StubServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("WANLLMDB_API_KEY")
        monkeypatch.setenv("WANLLMDB_USERNAME", "ada")
        monkeypatch.setenv("WANLLMDB_PASSWORD", "difference engine")
        server.passwords["ada"] = "difference engine"
        run = wandb.init(project="p", settings=QUIET)
        assert run.url

    def test_a_server_that_is_not_there_is_no_error(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            run = wandb.init(project="p", settings={**QUIET, "api_url": url})
            assert run.url is None
            run.log({"a": 1})
            assert rows(run) == [(0, {"a": 1})]
            assert "does not answer" in capsys.readouterr().err

    def test_a_server_that_hangs_holds_init_for_two_seconds_at_most(
        self, server: StubServer
    ) -> None:
        server.always = Fault("hang")
        began = time.monotonic()
        run = wandb.init(project="p", settings={**QUIET, "init_timeout": 100})
        assert time.monotonic() - began < 10
        assert run.url is None
        server.stop()

    def test_a_server_that_comes_later_gets_everything(self, server: StubServer) -> None:
        server.stop()
        run = wandb.init(project="p", settings=QUIET)
        run.log({"a": 1})
        server.start()
        until = time.monotonic() + 20
        while run.url is None and time.monotonic() < until:
            time.sleep(0.02)
        assert run.url == f"{server.url}/local/p/{run.id}"
        run.finish()
        assert len(server.records(run.id, Kind.ROW)) == 1

    def test_a_resumed_run_goes_on_where_it_was(self, server: StubServer) -> None:
        with wandb.init(project="p", id="again", config={"lr": 1, "bs": 2}, settings=QUIET) as run:
            for _ in range(3):
                run.log({"a": 1})
        with wandb.init(
            project="p", id="again", resume="allow", config={"lr": 5}, settings=QUIET
        ) as run:
            assert run.resumed
            assert (run.step, run.starting_step) == (3, 3)
            assert dict(run.config) == {"lr": 5, "bs": 2}
            run.log({"a": 2})
        assert [step for step, _, _ in server.records("again", Kind.ROW)] == [0, 1, 2, 3]

    @pytest.mark.parametrize(("resume", "exists"), [("must", False), ("never", True)])
    def test_a_run_that_is_not_as_resume_wants_it_is_a_usage_error(
        self, server: StubServer, resume: str, exists: bool
    ) -> None:
        if exists:
            wandb.init(project="p", id="one", settings=QUIET).finish()
        with pytest.raises(UsageError, match=f'resume="{resume}"'):
            wandb.init(project="p", id="one", resume=resume, settings=QUIET)
        assert wandb.run is None

    def test_another_refusal_is_a_comm_error(self, server: StubServer) -> None:
        server.always = Fault("status", 405, code="not-allowed")
        with pytest.raises(CommError, match="405"):
            wandb.init(project="p", settings=QUIET)


class TestResumeAuto:
    def test_a_run_that_was_cut_off_is_gone_on_with(self, server: StubServer) -> None:
        first = wandb.init(project="p", resume="auto", settings=QUIET)
        first.log({"a": 1})
        first.finish(1)
        second = wandb.init(project="p", resume="auto", settings=QUIET)
        assert (second.id, second.resumed, second.step) == (first.id, True, 1)
        second.finish()

    def test_after_a_good_end_the_next_run_is_another(self, server: StubServer) -> None:
        first = wandb.init(project="p", resume=True, settings=QUIET)
        first.finish()
        second = wandb.init(project="p", resume=True, settings=QUIET)
        assert second.id != first.id
        assert not second.resumed


def test_a_mistake_of_ours_in_init_leaves_the_script_running(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = wandb.init(mode="offline", settings={**QUIET, "spool_dir": "a\0b"})
    run.log({"a": 1})
    assert run.disabled
    assert "nothing is recorded" in capsys.readouterr().err


class TestExit:
    """How a script ends is how its run ends."""

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("", 0),
            ("sys.exit(3)", 3),
            ("sys.exit()", 0),
            ("sys.exit('message')", 1),
            ("exit(4)", 4),
            ("wandb.finish(7)", 7),
            ("wandb.finish(); sys.exit(3)", 0),
            ("raise KeyboardInterrupt", 255),
            ("1 / 0", 1),
        ],
        ids=repr,
    )
    def test_the_exit_code_is_the_scripts(self, home: Path, body: str, code: int) -> None:
        _, [finish] = script(home, f"wandb.init(); wandb.log({{'a': 1}})\n{body}\n")
        assert finish["exit_code"] == code
        assert finish["logged"] == 1

    def test_an_uncaught_exception_is_told_with_its_traceback_and_without_secrets(
        self, home: Path
    ) -> None:
        done, [finish] = script(
            home,
            """
            wandb.init()
            def train():
                raise ValueError("key is hf_" + "a" * 34)
            train()
            """,
        )
        assert done.returncode == 1
        assert "in train" in done.stderr
        assert "in train" in finish["traceback"]
        assert "hf_a" not in finish["traceback"]
        assert "[redacted]" in finish["traceback"]

    @pytest.mark.parametrize("error", ["KeyboardInterrupt", "ValueError('mistyped')"])
    def test_what_a_console_has_shown_is_not_how_the_process_ended(
        self, home: Path, error: str
    ) -> None:
        done, [finish] = script(
            home,
            f"""
            import code
            shell = code.InteractiveInterpreter()
            wandb.init()
            shell.runcode(compile("raise {error}", "<cell>", "exec"))
            """,
        )
        assert (done.returncode, finish["exit_code"]) == (0, 0)
        assert error[:10] in done.stderr
        assert "traceback" not in finish

    def test_an_excepthook_of_somebody_else_is_called_too(self, home: Path) -> None:
        done, [finish] = script(
            home,
            """
            sys.excepthook = lambda *_: print("theirs")
            wandb.init()
            1 / 0
            """,
        )
        assert "theirs" in done.stdout
        assert finish["exit_code"] == 1

    def test_fork_children_never_end_the_run(self, home: Path) -> None:
        done, finishes = script(
            home,
            """
            import multiprocessing
            wandb.init()
            def work(number):
                return number * 2
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert pool.map(work, range(4)) == [0, 2, 4, 6]
            child = os.fork()
            if child == 0:
                sys.exit(9)
            os.waitpid(child, 0)
            wandb.log({"a": 1})
            """,
        )
        assert done.returncode == 0, done.stderr
        assert [finish["exit_code"] for finish in finishes] == [0]

    def test_what_the_script_prints_is_kept(self, home: Path) -> None:
        script(
            home,
            """
            wandb.init()
            print("hello")
            print("\\r10 %\\r20 %", end="")
            print("\\rdone")
            print("problem", file=sys.stderr)
            """,
            WANLLMDB_CONSOLE="wrap",
        )
        [directory] = (home / ".local/state/wanllmdb/spool").iterdir()
        lines = kept_in(directory, Kind.CONSOLE)
        assert [(line, text) for stream, line, _, text in lines if stream == "stdout"] == [
            (0, "hello"),
            (1, "done"),
        ]
        assert "problem" in [text for stream, _, _, text in lines if stream == "stderr"]

    def test_a_script_behaves_the_same_with_a_closed_stderr(self, home: Path) -> None:
        done, [finish] = script(home, "sys.stderr.close()\nwandb.init()\nwandb.log({'a': 1})\n")
        assert done.returncode == 0
        assert finish["exit_code"] == 0


class TestRun:
    def test_a_text_is_kept_among_the_lines_that_were_printed(self, home: Path) -> None:
        done, _ = script(
            home,
            """
            run = wandb.init()
            print("printed")
            run.write_logs("told, and not printed")
            run.finish()
            """,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == "printed\n"
        [run] = (home / ".local/state/wanllmdb/spool").iterdir()
        texts = [record[3] for record in kept_in(run, Kind.CONSOLE) if record[0] == "stdout"]
        assert texts == ["printed", "told, and not printed"]

    def test_a_static_config_is_read_and_not_changed(self, home: Path) -> None:
        with wandb.init(mode="disabled", config={"a": 1, "b": {"c": 2}}) as run:
            static = run.config_static
            run.config.d = 3
            assert dict(static) == {"a": 1, "b": {"c": 2}}
            assert (static.a, static["b"]) == (1, {"c": 2})
            with pytest.raises(UsageError, match=r"run\.config can"):
                static.a = 2

    def test_a_status_says_what_waits(self, home: Path) -> None:
        with wandb.init(mode="offline", settings=QUIET) as run:
            run.log({"x": 1})
            status = run.status()
            assert status.sync_items_pending == status.sync_items_total > 0
            assert "not on a server yet" in run.to_html()
            assert Path(run.sync_dir).is_dir()

    def test_a_status_is_empty_when_all_was_sent(self, server: StubServer) -> None:
        with wandb.init(project="p", settings={**QUIET, "flush_interval": 0.05}) as run:
            run.log({"x": 1})
            end = time.monotonic() + 10
            while run.status().sync_items_pending and time.monotonic() < end:
                time.sleep(0.02)
            assert run.status().sync_items_pending == 0
            assert run.url
            assert run.url in run.to_html(height=100)
            assert run.to_html(hidden=True).startswith("<details>")
            assert run.display() is False, "there is no notebook"
