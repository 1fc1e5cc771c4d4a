"""Has a debugger attach to a worker before its handler is loaded, and stop where each call begins.

`debugpy` if the function's Python has it, as editors speak to it; else `pdb` over a connection of
its own, because stdin belongs to nobody here and stdout to the log. Nothing of this is loaded in
a worker that is not debugged.
"""

import os
import sys

HOST = "127.0.0.1"
OURS = ("faastlane_runner", "faastlane_debugger")  # Modules that nobody wants to step through.


def attach(port):
    """Waits for a debugger; gives a function that makes a handler stop in it."""
    try:
        # Else a warning about files that Python keeps in itself.
        os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        import debugpy
    except ImportError:
        debugpy = None
    try:
        return attach_debugpy(debugpy, port) if debugpy else attach_pdb(port)
    except (OSError, RuntimeError) as error:
        print("Cannot wait for a debugger on {}:{}: {}. Choose another port.".format(HOST, port, error))
        sys.exit(1)


def announce(port, how):
    print("Waiting for a debugger on {}:{}. {}".format(HOST, port, how))


# debugpy


def attach_debugpy(debugpy, port):
    _, port = debugpy.listen((HOST, port))
    launch = '{{"type": "debugpy", "request": "attach", "name": "Faastlane", "connect": {{"host": "{}", "port": {}}}}}'
    announce(port, "VS Code attaches with this configuration: " + launch.format(HOST, port))
    debugpy.wait_for_client()
    import pydevd  # A part of debugpy, which has made it importable.

    def stop(frame):
        pydevd.settrace(suspend=True, trace_only_current_thread=True, patch_multiprocessing=False, stop_at_frame=frame)

    def debugged(handler):
        def stop_first(event, context):
            if debugpy.is_client_connected():
                at_first_frame(stop)
            return handler(event, context)

        return stop_first

    return debugged


def at_first_frame(then):
    """Calls `then` with the first frame of another module that begins in this thread."""

    def on_event(frame, event, _):
        if event == "call" and frame.f_globals.get("__name__") not in OURS:
            sys.setprofile(None)
            then(frame)

    sys.setprofile(on_event)


# pdb


def attach_pdb(port):
    import pdb
    import socket

    class Console(pdb.Pdb):
        """Leaves the function alone when its user quits or goes away."""

        attached = True

        def user_call(self, frame, argument_list):
            pass  # Stops at the first line of what is called, not before it.

        def do_quit(self, _):
            self.attached = False
            self.clear_all_breaks()
            self.set_continue()
            self.message("The function goes on without a debugger.")
            self.stdin.close()
            return 1

        do_q = do_exit = do_EOF = do_quit

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(1)
        port = listener.getsockname()[1]
        how = "In another terminal: nc {} {} (pdb; editors can attach if the function has debugpy)."
        announce(port, how.format(HOST, port))
        connection = Connection(listener.accept()[0])
    console = Console(stdin=connection, stdout=connection, skip=OURS, nosigint=True)
    console.prompt = "(pdb) "

    def debugged(handler):
        def run(event, context):
            if console.attached:
                console.reset()
                sys.settrace(console.trace_dispatch)
            try:
                return handler(event, context)
            finally:
                sys.settrace(None)

        return run

    return debugged


class Connection(object):
    """A stream over a socket. A client that is gone is an end of input, never an error in the handler."""

    def __init__(self, socket):
        self.stream = socket.makefile("rw", encoding="utf-8", errors="replace")
        socket.close()  # The stream keeps it open.

    def readline(self):
        try:
            return self.stream.readline()
        except (OSError, ValueError):
            return ""

    def write(self, text):
        try:
            self.stream.write(text)
        except (OSError, ValueError):
            pass

    def flush(self):
        try:
            self.stream.flush()
        except (OSError, ValueError):
            pass

    def close(self):
        try:
            self.stream.close()
        except OSError:
            pass
