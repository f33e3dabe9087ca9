"""GET /health beside nginx and FastAPI: one core for the server, the other for wrk, rounds of all sides in turn."""

import contextlib
import shutil
import subprocess
import time
import urllib.request

import process
import programs

TITLE = "GET /health: CPU per request, and requests per second on one core"
GOALS = [("health, CPU beside nginx, both without access log", "CPU of slipway / nginx, no log", "<=", 1.5),
         ("health, CPU beside nginx, both with access log", "CPU of slipway / nginx, access log", "<=", 1.5),
         ("health, requests/s beside FastAPI, no log", "requests/s of slipway / FastAPI, no log", ">=", 5),
         ("health, requests/s beside FastAPI, access log", "requests/s of slipway / FastAPI, access log", ">=", 5)]
DRAW = ["CPU us per request", "requests/s on one core"]
ROUNDS, SECONDS, CONNECTIONS = 7, 3, 32

# The same bytes as ours: body, number of headers, an id made per request; the log line has the same fields.
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s; keepalive_requests 1000000000; server_tokens off; default_type application/json;
  log_format like_ours escape=json '{{"time":"$time_iso8601","level":"info","event":"request","method":"$request_method",'
    '"path":"$uri","route":"/health","status":$status,"ms":$request_time,"bytes":$bytes_sent,"request_id":"$request_id",'
    '"remote":"$remote_addr"}}';
  access_log {log};
  server {{
    listen 127.0.0.1:{port};
    location = /health {{
      add_header X-Content-Type-Options nosniff; add_header X-Request-Id $request_id; add_header Vary Origin;
      return 200 '{{"status":"healthy","timestamp":"2026-01-01T00:00:00.000Z","version":"0.1.0","environment":"development"}}';
    }}
  }}
}}
"""


def nginx_binary():
    """The system's, or the one that scripts/install.sh bench unpacked without installing a service."""
    unpacked = process.ROOT / "build/nginx/usr/sbin/nginx"
    return unpacked if unpacked.exists() else shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")


def nginx(folder, port, logged):
    folder.mkdir()
    settings = folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, port=port, log=f"{folder}/access.log like_ours" if logged else "off"))
    return [nginx_binary(), "-c", settings, "-e", folder / "error.log"], {}


def slipway(folder, port, logged, binary):
    return ([binary, "serve", programs.WWHD, "--data", folder / "data", "--port", port, "--no-watch"],
            programs.clean_environment(LOG_LEVEL="info" if logged else "error"))


def fastapi(port, logged):
    command = ["/usr/bin/python3", "-m", "uvicorn", "--app-dir", process.ROOT / "bench/peers", "--port", port, "fastapi_health:app"]
    return command + ([] if logged else ["--no-access-log"]), process.python_environment()


def commands(context):
    made = {}
    for words, logged in (("no log", False), ("access log", True)):
        for name in ("slipway", "nginx", "FastAPI"):
            port, folder = process.free_port(), context.folder / f"{name} {words}".replace(" ", "-").lower()
            command, environment = {"slipway": lambda p=port, f=folder, on=logged: slipway(f, p, on, context.binary),
                                    "nginx": lambda p=port, f=folder, on=logged: nginx(f, p, on),
                                    "FastAPI": lambda p=port, on=logged: fastapi(p, on)}[name]()
            made[f"{name}, {words}"] = (command, environment, port)
    return made


def one_round(server, url, seconds):
    process.wrk(url, 1, CONNECTIONS, 1)
    cpu, began = process.cpu_seconds(server.pid), time.monotonic()
    load = process.wrk(url, seconds, CONNECTIONS, 1)
    cpu, wall = process.cpu_seconds(server.pid) - cpu, time.monotonic() - began
    return {"CPU us per request": cpu / load["requests"] * 1e6, "requests/s on one core": load["rate"], "core busy": cpu / wall}


def prepare(context):
    """Documents are read in before anything is measured, not beside it."""
    with programs.Server(programs.WWHD, context.folder / "data") as server:
        server.wait_for_documents()
    for words in ("no-log", "access-log"):
        shutil.copytree(context.folder / "data", context.folder / f"slipway-{words}" / "data", ignore=shutil.ignore_patterns("*.socket"))


def measure(context):
    if nginx_binary() is None:
        raise RuntimeError("nginx is missing: scripts/install.sh bench unpacks it into build/nginx")
    rounds, seconds = context.scaled(ROUNDS, 3), max(1, round(SECONDS * min(1, context.scale * 2)))
    prepare(context)
    runs = {}
    with contextlib.ExitStack() as stack:
        servers = {}
        for side, (command, environment, port) in commands(context).items():
            log = stack.enter_context(open(context.folder / (side.replace(", ", "-").replace(" ", "-") + ".out"), "wb"))
            with process.on_cores(0):
                server = stack.enter_context(process.running(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
            process.wait_for_port(port)
            servers[side] = (server, f"http://127.0.0.1:{port}/health")
        time.sleep(1)  # slipway compares its documents meanwhile
        sizes = {side: len(urllib.request.urlopen(url).read()) for side, (_, url) in servers.items()}
        for _ in range(rounds):
            for side, (server, url) in servers.items():
                runs.setdefault(side, []).append(one_round(server, url, seconds))
    report = {side: {figure: round(process.median([run[figure] for run in all_runs]), 2) for figure in all_runs[0]}
              | {"CPU us per request, all rounds": " ".join(f"{run['CPU us per request']:.2f}" for run in all_runs),
                 "bytes of body": sizes[side]}
              for side, all_runs in runs.items()}
    ratios = {}
    for words in ("no log", "access log"):
        ours, theirs, python = (report[f"{name}, {words}"] for name in ("slipway", "nginx", "FastAPI"))
        ratios[f"CPU of slipway / nginx, {words}"] = round(ours["CPU us per request"] / theirs["CPU us per request"], 2)
        ratios[f"requests/s of slipway / FastAPI, {words}"] = round(ours["requests/s on one core"] / python["requests/s on one core"], 1)
    return report | {"ratios": ratios, "notes": f"Median of {rounds} rounds of all sides in turn, {seconds} s each after 1 s of "
                     f"warming up, wrk with {CONNECTIONS} connections on the other core."}
