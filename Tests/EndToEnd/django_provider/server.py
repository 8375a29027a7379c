"""Runs the provider: `python -m django_provider.server FOLDER [ACCESS_TOKEN_SECONDS]`.

Prints one line of JSON with the port when it listens, and stops on SIGTERM.
"""

import json
import signal
import sys
from pathlib import Path

from cheroot import wsgi

from django_provider import configuration

THREADS = 16
# Connections that may wait to be accepted: a burst of refreshes must not be refused by the test's own server.
BACKLOG = 1024
DEFAULT_ACCESS_TOKEN_SECONDS = 3600


def main() -> None:
    folder = Path(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_ACCESS_TOKEN_SECONDS
    configuration.configure(folder, seconds)
    from django.core.wsgi import get_wsgi_application

    from django_provider import control
    from django_provider.faults import Lid

    control.lid = Lid(get_wsgi_application())
    server = wsgi.Server(
        ("127.0.0.1", 0), control.lid, numthreads=THREADS, request_queue_size=BACKLOG, server_name="127.0.0.1"
    )
    server.prepare()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(json.dumps({"port": server.bind_addr[1]}), flush=True)
    try:
        server.serve()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
