"""Kernels: real ones, each forked from one warm interpreter, so that no notebook waits for imports.

`warm` keeps a fork server: a process of its own that has the stack, the library and the ledger in memory, runs no thread and no cell, and
forks on request. A forked kernel is a plain ipykernel in a fresh process: what one notebook changes, the next never sees. papermill, nbclient
and nbval meet it through jupyter_client's own door, a kernel provisioner, and know nothing of it.

Where forking is not safe (macOS, Windows), and where OUTLAY_KERNELS says `plain`, `warm` does nothing and kernels start in the ordinary way.
The server lives as long as somebody holds the other end of its line, and its kernels die with it and with whoever asked for them.
"""

import asyncio
import builtins
import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator

from jupyter_client.provisioning import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

_NAME = "outlay-forked"
_PLAIN = "local-provisioner"
_line: socket.socket | None = None  # this process's end of the line to the fork server, if there is one


def able() -> bool:
    """Return whether kernels can be forked here."""
    return sys.platform == "linux" and hasattr(os, "fork") and os.environ.get("OUTLAY_KERNELS") != "plain"


@contextlib.contextmanager
def warm() -> Iterator[None]:
    """Fork the kernels that start inside this context, of this process and its children, from one warm interpreter; inside another, do nothing."""
    global _line
    if _line or not able():
        yield
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = subprocess.Popen(
        # without the folder it starts in: a kernel looks there later, for modules of its own
        [
            sys.executable,
            "-c",
            f"import sys; sys.path[:] = filter(None, sys.path); from outlay.tools import kernels; kernels.serve({theirs.fileno()})",
        ],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        start_new_session=True,  # an interrupt from the keyboard is for the driver; the server ends when its line does
    )
    theirs.close()
    _line = ours
    _choose(_NAME)
    try:
        yield
    finally:
        _choose(_PLAIN)
        _line = None
        ours.close()
        server.wait()


def call(name: str, *arguments: object, stay: bool = False) -> object:
    """Return what a function, named as `package.module:function`, answers in a process of its own that is warm already.

    Arguments and answer must fit into JSON. Without a fork server it is called right here. A ValueError or RuntimeError comes back as itself.
    With `stay` the fork server itself answers, and what that leaves in its memory every later kernel finds there; it must not change any state
    that a notebook can see.
    """
    if not _line:
        return named(name)(*arguments)
    with (
        _ask({"call": name, "arguments": arguments, "stay": stay, "env": dict(os.environ), "cwd": os.getcwd()}) as reply,
        reply.makefile("r", encoding="utf-8") as lines,
    ):
        for line in lines:
            told = json.loads(line)
            if "answer" in told:
                return told["answer"]
            if "error" in told:
                raise {"ValueError": ValueError, "RuntimeError": RuntimeError}.get(told["kind"], ChildProcessError)(told["error"])
    raise ChildProcessError(f"{name} was ended from outside")


class Forked(LocalProvisioner):
    """A kernel forked by the server: what jupyter_client needs to start, watch and end it."""

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> dict:
        """Have a kernel forked instead of starting `cmd`; anything but an ipykernel starts in the ordinary way."""
        if cmd[1:3] != ["-m", "ipykernel_launcher"] or not _line:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = _Child(cmd[3:], kwargs["env"], os.path.abspath(kwargs.get("cwd") or "."))
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel's end as long as it takes, and not a tenth of a second longer."""
        if isinstance(self.process, _Child):
            while self.process.poll() is None:
                await asyncio.sleep(0.005)
        return await super().wait()


class _Child:
    """A process that is a child of the fork server, as jupyter_client expects of a Popen: its end comes over a line."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], env: dict[str, str], cwd: str) -> None:
        self.returncode: int | None = None
        self._reply = _ask({"kernel": arguments, "env": {**env, "JPY_PARENT_PID": str(os.getpid())}, "cwd": cwd})
        self._heard = b""
        self.pid = json.loads(self._told(wait=True))["pid"]

    def poll(self) -> int | None:
        if self.returncode is None and (told := self._told(wait=False)) is not None:
            self.returncode = json.loads(told)["status"] if told else -signal.SIGKILL  # the line broke: the server is gone, and the kernel with it
            self._reply.close()
        return self.returncode

    def wait(self) -> int:
        while self.poll() is None:
            selectors.select.select([self._reply], [], [])
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _told(self, wait: bool) -> bytes | None:
        """Return the next line of the server; nothing if it has not come yet, an empty one if the line broke."""
        while b"\n" not in self._heard:
            try:
                more = self._reply.recv(4096, 0 if wait else socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            except ConnectionError:
                return b""
            if not more:
                return b""
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line


def _ask(request: dict) -> socket.socket:
    """Send the server a request and return the line on which it replies."""
    reply, theirs = socket.socketpair()
    try:
        socket.send_fds(_line, [b"?"], [theirs.fileno()])
        reply.sendall(json.dumps(request).encode() + b"\n")
    except OSError:
        raise ChildProcessError("the fork server has ended; start again, or set OUTLAY_KERNELS=plain") from None
    finally:
        theirs.close()
    return reply


def _choose(name: str) -> None:
    from importlib.metadata import EntryPoint

    factory = KernelProvisionerFactory.instance()
    factory.provisioners[_NAME] = EntryPoint(_NAME, f"{__name__}:Forked", factory.GROUP_NAME)
    factory.default_provisioner_name = name


def plainly() -> None:
    """Have this process start its kernels in the ordinary way from now on, whatever its parent has: for one that runs another library."""
    global _line
    _line = None
    _choose(_PLAIN)


def named(name: str) -> Callable:
    """Return the function that `package.module:function` names."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


# The server. From here on everything runs in its process, or in one forked from it.


def serve(fileno: int) -> None:
    """Import what notebooks need, then fork a process for every request until nobody holds the other end of the line."""
    line = socket.socket(fileno=fileno)
    _preload()
    children: dict[int, socket.socket] = {}
    awake, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    watch = selectors.DefaultSelector()
    watch.register(line, selectors.EVENT_READ)
    watch.register(awake, selectors.EVENT_READ)
    while True:
        for key, _ in watch.select():
            if key.fileobj is awake:
                awake.recv(4096)
                for pid, status in _ended():
                    reply = children.pop(pid)
                    with contextlib.suppress(OSError):  # whoever asked may be gone
                        reply.sendall(json.dumps({"status": status}).encode() + b"\n")
                    with contextlib.suppress(KeyError):
                        watch.unregister(reply)
                    reply.close()
            elif key.fileobj is line:
                _, fds, _, _ = socket.recv_fds(line, 1, 1)
                if not fds:  # the driver and all of its children are gone
                    for pid in children:
                        _kill(pid)
                        os.waitpid(pid, 0)
                    return
                reply = socket.socket(fileno=fds[0])
                request = _request(reply)
                if request is None:
                    reply.close()
                    continue
                if request.get("stay") and all(request["env"].get(name) == os.environ.get(name) for name in ("OUTLAY_DATA", "OUTLAY_PRIVATE")):
                    _answer(request["call"], request["arguments"], reply)
                    reply.close()
                    gc.freeze()
                    continue
                if (pid := os.fork()) == 0:
                    for other in (line, awake, wake, watch, *children.values()):
                        other.close()
                    _begin(request, reply)
                if "kernel" in request:
                    reply.sendall(json.dumps({"pid": pid}).encode() + b"\n")
                children[pid] = reply
                watch.register(reply, selectors.EVENT_READ, pid)
            elif key.data in children and _left(key.fileobj):  # whoever asked for this process is gone
                _kill(key.data)
                watch.unregister(key.fileobj)


def _left(reply: socket.socket) -> bool:
    """Return whether the other end of a line is closed; nobody says anything on it once a process is asked for."""
    try:
        return not reply.recv(1)
    except OSError:
        return True


def _request(reply: socket.socket) -> dict | None:
    """Read the one line in which somebody says what is wanted; nothing if they were gone before they had said it."""
    heard = b""
    while not heard.endswith(b"\n"):
        more = reply.recv(1 << 16)
        if not more:
            return None
        heard += more
    return json.loads(heard)


def _ended() -> Iterator[tuple[int, int]]:
    """Yield the processes that have ended, and how."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def _kill(pid: int) -> None:
    """End a child and all it has started; it leads a process group of its own as soon as it runs."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            end(pid, signal.SIGKILL)
            return


def _preload() -> None:
    """Import what notebooks import, as a kernel would have imported it, and read the ledger."""
    before = getattr(builtins, "get_ipython", None)
    builtins.get_ipython = lambda: types.SimpleNamespace(kernel=None)  # pandas takes other defaults where it believes in a terminal
    try:
        importlib.import_module("pandas").set_option("display.encoding", "UTF-8")  # that of a kernel's output
    finally:
        if before:
            builtins.get_ipython = before
        else:
            del builtins.get_ipython
    for name in (
        "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "IPython.core.completer", "IPython.core.magics", "seaborn",
        "matplotlib.backends.backend_svg", "matplotlib.backends.backend_agg", "PIL.PngImagePlugin",
    ):  # fmt: skip
        importlib.import_module(name)
    import outlay
    from outlay import ledger

    for module in pkgutil.walk_packages(outlay.__path__, "outlay."):
        if not module.name.startswith(("outlay.tools", "outlay.__main__")):
            importlib.import_module(module.name)
    with warnings.catch_warnings():  # what the pages need, and no notebook imports, leaves no filter behind
        papermill()
    with contextlib.suppress(ValueError, OSError):  # a ledger that cannot be read is the notebooks' to report, in their own words
        ledger.open()
    gc.collect()
    gc.freeze()  # what is here stays for good: no child needs to look through it for garbage


def _begin(request: dict, reply: socket.socket) -> None:
    """Become the process that was asked for; never return."""
    status = 1
    try:
        os.setsid()
        die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        if "kernel" in request:
            reply.close()
            status = _kernel(request["kernel"])
        else:
            status = _answer(request["call"], request["arguments"], reply)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _answer(name: str, arguments: list, reply: socket.socket) -> int:
    try:
        told = {"answer": named(name)(*arguments)}
    except Exception as error:
        if not isinstance(error, ValueError | RuntimeError):
            traceback.print_exc()
        kind = next((kind.__name__ for kind in (ValueError, RuntimeError) if isinstance(error, kind)), "")
        told = {"error": str(error), "kind": kind}
    with contextlib.suppress(OSError):  # whoever asked may be gone
        reply.sendall(json.dumps(told).encode() + b"\n")
    return 0


def _kernel(arguments: list[str]) -> int:
    """Run an ipykernel here, in the state in which `python -m ipykernel_launcher` would find itself."""
    import random

    import ipykernel_launcher
    import matplotlib as mpl
    import numpy as np
    from ipykernel import kernelapp

    sys.argv = [ipykernel_launcher.__file__, *arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
    random.seed()
    np.random.seed()  # the legacy generator was seeded once, by its import in the server
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as ipykernel does, but matplotlib has been imported before
    mpl.rcParams["backend"] = os.environ["MPLBACKEND"]
    try:
        kernelapp.launch_new_instance()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        import atexit

        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def die_with_parent() -> None:
    """Have Linux end this process as soon as its parent ends, however that happens."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:  # it ended before it could be said
        os._exit(1)


def papermill() -> types.ModuleType:
    """Import papermill, and spare it a grammar of web addresses in all scripts that takes a second to build and that no notebook needs.

    jsonschema imports `rfc3987_syntax` only to check the format `iri`, and does without where it is not installed.
    """
    hide = "jsonschema" not in sys.modules and "rfc3987_syntax" not in sys.modules
    if hide:
        sys.modules["rfc3987_syntax"] = None
    try:
        return importlib.import_module("papermill")
    finally:
        if hide:
            del sys.modules["rfc3987_syntax"]
