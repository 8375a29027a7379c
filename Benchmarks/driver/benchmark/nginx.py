"""nginx as a plain reverse proxy: what passing a call on costs a program that does nothing else with it."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from localstack.errors import StackError
from localstack.ports import LOOPBACK, free_port, is_free

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
# Connections to the server behind that are kept, as many as callers at most.
_KEPT_CONNECTIONS = 64
# As the services, it writes one line for each request.
_CONFIGURATION = """\
{user}daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/client;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 10000000;
  upstream behind {{
    server {behind};
    keepalive {kept};
    keepalive_requests 10000000;
  }}
  server {{
    listen {address};
    location / {{
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }}
  }}
}}
"""


class Nginx:
    """One that passes everything on to one server."""

    def __init__(self, folder: Path, behind: str):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            raise StackError("nginx is not installed. Install it: sudo apt-get install nginx-light")
        folder.mkdir(mode=0o700)
        port = free_port([])
        self.url = f"http://{LOOPBACK}:{port}"
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder, behind=behind, address=f"{LOOPBACK}:{port}", kept=_KEPT_CONNECTIONS,
                # Its workers must be able to write in the folder.
                user="user root;\n" if os.geteuid() == 0 else ""),
            encoding="utf-8")
        self._process = subprocess.Popen(
            [program, "-e", folder / "error.log", "-c", configuration], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while is_free(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StackError(f"nginx does not start:\n{(folder / 'error.log').read_text(encoding='utf-8')}")
            time.sleep(_POLL_SECONDS)

    @property
    def pid(self) -> int:
        """The master, whose children do the work."""
        return self._process.pid

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
