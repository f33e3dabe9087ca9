"""The API of Amazon ECS, ECR, CloudWatch Logs (JSON 1.1) and Elastic Load Balancing (Query) over an ecs_world.World, on loopback.

    /usr/bin/python3 tests/engines/ecs_simulator.py PORT

PUT /release with one entry of tests/deploy/releases.toml as JSON begins a world; GET /calls lists what was asked of it. Each call takes one second of the world's time; answers carry that time as their Date. Where botocore can be imported, every request and
every answer is held against its models, and what does not fit is answered with 500 SimulatorFault. GET /health is the application's,
GET /credentials the endpoint that ECS hands a task's role out at.
"""

import email.utils
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse
import xml.sax.saxutils

import ecs_world
from ecs_world import DIGESTS, EPOCH, TARGET_GROUP, World, arn

try:
    import botocore.session
    import botocore.validate
except ImportError:
    botocore = None

SECONDS_OF_A_CALL = 3
SERVICES = {"AmazonEC2ContainerServiceV20141113": "ecs", "AmazonEC2ContainerRegistry_V20150921": "ecr", "Logs_20140328": "logs"}


class Refusal(Exception):
    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.status = code, status


class Models:
    """What botocore knows of the operations; an answer with a name or a type that AWS does not have is a fault of the simulator."""

    def __init__(self):
        self._session = botocore.session.get_session() if botocore else None
        self._models = {}

    def check(self, service, operation, told, answer):
        if self._session is None:
            return
        if service not in self._models:
            self._models[service] = self._session.get_service_model(service)
        model = self._models[service].operation_model(operation)
        shape = model.output_shape if answer else model.input_shape
        report = botocore.validate.ParamValidator().validate(told, shape)
        faults = [report.generate_report()] if report.has_errors() else []
        faults += list(self._unknown(shape, told, operation))
        if faults:
            raise Refusal("SimulatorFault" if answer else "ClientException", f"{operation}: {'; '.join(faults)}", 500 if answer else 400)

    def _unknown(self, shape, value, where):
        if shape.type_name == "structure":
            for name, inner in value.items():
                if name not in shape.members:
                    yield f"{where} has no {name}"
                else:
                    yield from self._unknown(shape.members[name], inner, f"{where}.{name}")
        elif shape.type_name == "list":
            for inner in value:
                yield from self._unknown(shape.member, inner, where + "[]")
        elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{where} is {value!r}, not one of {shape.enum}"


def without_none(value):
    if isinstance(value, dict):
        return {name: without_none(inner) for name, inner in value.items() if inner is not None}
    return [without_none(inner) for inner in value] if isinstance(value, list) else value


class Api:
    """The operations. Each takes the input and returns the answer, as JSON has them."""

    def __init__(self, world, release):
        self.world, self.release = world, release
        self.calls = []

    # Amazon ECS

    def describe_services(self, given):
        if given["services"] != ["api"] or given.get("cluster") != "cluster":
            return {"services": [], "failures": [{"arn": arn("service", "cluster/" + given["services"][0]), "reason": "MISSING"}]}
        return {"services": [self._service()], "failures": []}

    def _service(self):
        world, service = self.world, self.world.service
        wanted = world.target_definition()
        ours, all_tasks = world.alive(wanted), world.alive()
        deployments = [self._deployment(wanted, "PRIMARY", ours)]
        for other in sorted({task.definition for task in all_tasks if task.definition != wanted}):
            deployments.append(self._deployment(other, "ACTIVE", world.alive(other)))
        if self.release.get("under_way") and world.began is None:
            deployments.append(self._deployment(wanted, "ACTIVE", []))
        told = {"serviceArn": arn("service", "cluster/api"), "serviceName": "api", "clusterArn": arn("cluster", "cluster"), "status": "ACTIVE",
                "desiredCount": service["desired"], "runningCount": sum(task.running is not None for task in all_tasks),
                "pendingCount": sum(task.running is None for task in all_tasks), "taskDefinition": wanted, "deployments": deployments,
                "loadBalancers": [{"targetGroupArn": TARGET_GROUP, "containerName": "app", "containerPort": 8000}],
                "deploymentController": {"type": service.get("controller", "ECS")}, "healthCheckGracePeriodSeconds": service["grace"],
                "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": service["breaker"], "rollback": service["rollback"]},
                                            "minimumHealthyPercent": service["minimum"], "maximumPercent": service["maximum"]},
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"],
                                                                 "assignPublicIp": "DISABLED"}},
                "platformVersion": "LATEST", "events": []}
        if service.get("spot"):
            told["capacityProviderStrategy"] = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
        else:
            told["launchType"] = "FARGATE"
        return told

    def _deployment(self, definition, status, tasks):
        return {"id": "ecs-svc/" + definition.rsplit(":", 1)[1], "status": status, "taskDefinition": definition,
                "desiredCount": self.world.service["desired"], "runningCount": sum(task.running is not None for task in tasks),
                "pendingCount": sum(task.running is None for task in tasks), "createdAt": EPOCH, "updatedAt": EPOCH + self.world.now}

    def describe_task_definition(self, given):
        wanted = given["taskDefinition"]
        for definition in reversed(self.world.definitions):
            name = definition["taskDefinitionArn"]
            if wanted in (name, name.rsplit("/", 1)[1], definition["family"]):
                return {"taskDefinition": definition}
        raise Refusal("ClientException", "Unable to describe task definition.")

    def register_task_definition(self, given):
        return {"taskDefinition": self.world.register(given)}

    def update_service(self, given):
        self.describe_task_definition(given)
        self.world.deploy(given["taskDefinition"], given.get("desiredCount"))
        return {"service": self._service()}

    def list_service_deployments(self, given):
        return {"serviceDeployments": [
            {"serviceDeploymentArn": each.arn, "serviceArn": arn("service", "cluster/api"), "clusterArn": arn("cluster", "cluster"),
             "createdAt": EPOCH + each.created, "startedAt": EPOCH + each.created, "targetServiceRevisionArn": each.revision, "status": each.status}
            for each in reversed(self.world.deployments)]}

    def describe_service_deployments(self, given):
        found = [each for each in self.world.deployments if each.arn in given["serviceDeploymentArns"]]
        return {"serviceDeployments": [self._service_deployment(each) for each in found], "failures": []}

    def _service_deployment(self, each):
        world, service = self.world, self.world.service
        tasks = world.alive(each.definition)
        rollback = {name: value for name, value in each.rollback.items() if name != "definition"} if each.rollback else None
        breaker = "DISABLED" if not service["breaker"] else "TRIGGERED" if each.triggered else "MONITORING_COMPLETE" if each.over else "MONITORING"
        return {"serviceDeploymentArn": each.arn, "serviceArn": arn("service", "cluster/api"), "clusterArn": arn("cluster", "cluster"),
                "createdAt": EPOCH + each.created, "startedAt": EPOCH + each.created, "updatedAt": EPOCH + world.now,
                "finishedAt": EPOCH + each.finished if each.finished is not None else None, "status": each.status, "statusReason": each.reason,
                "targetServiceRevision": {"arn": each.revision, "requestedTaskCount": service["desired"],
                                          "runningTaskCount": sum(task.running is not None for task in tasks),
                                          "pendingTaskCount": sum(task.running is None for task in tasks)},
                "deploymentCircuitBreaker": {"status": breaker, "failureCount": each.failures, "threshold": world.threshold},
                "alarms": {"status": "TRIGGERED" if each.alarmed else "MONITORING", "alarmNames": ["api-5xx"], "triggeredAlarmNames": each.alarmed},
                "rollback": rollback}

    def describe_service_revisions(self, given):
        return {"serviceRevisions": [{"serviceRevisionArn": each.revision, "serviceArn": arn("service", "cluster/api"),
                                      "clusterArn": arn("cluster", "cluster"), "taskDefinition": each.definition}
                                     for each in self.world.deployments if each.revision in given["serviceRevisionArns"]], "failures": []}

    def list_tasks(self, given):
        stopped = given.get("desiredStatus", "RUNNING") == "STOPPED"
        gone = lambda task: task.stopped is not None or task.stopping is not None  # noqa: E731
        return {"taskArns": [task.arn for task in self.world.tasks if gone(task) == stopped]}

    def describe_tasks(self, given):
        known = {task.arn: task for task in self.world.tasks + self.world.orders}
        return {"tasks": [self._task(known[name]) for name in given["tasks"] if name in known],
                "failures": [{"arn": name, "reason": "MISSING"} for name in given["tasks"] if name not in known]}

    def _task(self, task):
        world = self.world
        status = "STOPPED" if task.stopped is not None else "DEACTIVATING" if task.stopping is not None else \
            "RUNNING" if task.running is not None else "PENDING"
        definition = next(each for each in world.definitions if each["taskDefinitionArn"] == task.definition)
        code, reason, container_reason, exit_code = task.stop or (None, None, None, None)
        image = definition["containerDefinitions"][0]["image"]
        digest = image.rsplit("@", 1)[1] if "@" in image else DIGESTS["old"]
        if self.release.get("pulled") and digest == DIGESTS["new"]:
            digest = DIGESTS[self.release["pulled"]]
        containers = [{"name": each["name"], "image": each["image"], "lastStatus": "STOPPED" if status == "STOPPED" else status,
                       "taskArn": task.arn} for each in definition["containerDefinitions"]]
        if task.running is not None:
            containers[0]["imageDigest"] = digest
        if status == "STOPPED":
            containers[0].update(without_none({"exitCode": exit_code, "reason": container_reason}))
        return {"taskArn": task.arn, "clusterArn": arn("cluster", "cluster"), "taskDefinitionArn": task.definition, "lastStatus": status,
                "desiredStatus": "STOPPED" if task.stopping is not None else "RUNNING", "createdAt": EPOCH + task.created, "healthStatus": "UNKNOWN",
                "launchType": "FARGATE", "containers": containers, "stopCode": code,
                "stoppedReason": reason,
                "attachments": [{"id": str(task.number), "type": "ElasticNetworkInterface", "status": "ATTACHED",
                                 "details": [{"name": "privateIPv4Address", "value": task.address}]}]}

    def run_task(self, given):
        if self.release.get("no_room"):
            return {"tasks": [], "failures": [{"reason": "RESOURCE:ENI", "detail": "no address is free in subnet-1"}]}
        override = given["overrides"]["containerOverrides"][0]
        return {"tasks": [self._task(self.world.run_once(given["taskDefinition"], override["command"]))], "failures": []}

    def stop_task(self, given):
        for task in self.world.orders:
            if task.arn == given["task"]:
                task.end(self.world.now, ("UserInitiated", given.get("reason", ""), None, None))
                return {"task": self._task(task)}
        raise Refusal("InvalidParameterException", "The referenced task was not found.")

    # Amazon ECR, CloudWatch Logs, Elastic Load Balancing

    def batch_get_image(self, given):
        digest = given["imageIds"][0]["imageDigest"]
        if self.release.get("image_missing"):
            return {"images": [], "failures": [{"imageId": {"imageDigest": digest}, "failureCode": "ImageNotFound",
                                                "failureReason": "Requested image not found"}]}
        manifest = {"schemaVersion": 2, "manifests": [{"digest": DIGESTS["child"]}]} if self.release.get("index") else {"schemaVersion": 2}
        return {"images": [{"registryId": ecs_world.ACCOUNT, "repositoryName": given["repositoryName"], "imageId": {"imageDigest": digest},
                            "imageManifest": json.dumps(manifest)}], "failures": []}

    def get_log_events(self, given):
        task = next(each for each in self.world.tasks + self.world.orders if each.arn.endswith(given["logStreamName"].rsplit("/", 1)[1]))
        if self.release.get("no_logs") or task.running is None:
            raise Refusal("ResourceNotFoundException", "The specified log stream does not exist.")
        lines = task.behaviour.get("log", ["starting"])
        return {"events": [{"timestamp": int((EPOCH + task.running) * 1000), "message": line, "ingestionTime": int((EPOCH + task.running) * 1000)}
                           for line in lines], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}

    def target_health(self):
        members = []
        for task in self.world.tasks:
            if task.running is None or task.stopped is not None:
                continue
            if task.stopping is not None:
                members.append((task.address, "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"))
            elif task.healthy(self.world.now):
                members.append((task.address, "healthy", None, None))
            elif self.world.now - task.running < 15:
                members.append((task.address, "initial", "Elb.RegistrationInProgress", "Target registration is in progress"))
            else:
                code = task.behaviour.get("answers", 503)
                members.append((task.address, "unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]"))
        escape = xml.sax.saxutils.escape
        body = "".join(
            f"<member><Target><Id>{address}</Id><Port>8000</Port></Target><HealthCheckPort>8000</HealthCheckPort><TargetHealth><State>{state}</State>"
            + (f"<Reason>{reason}</Reason><Description>{escape(text)}</Description>" if reason else "") + "</TargetHealth></member>"
            for address, state, reason, text in members)
        return ('<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult>'
                f"<TargetHealthDescriptions>{body}</TargetHealthDescriptions></DescribeTargetHealthResult>"
                "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeTargetHealthResponse>")

    def site_is_well(self):
        world = self.world
        wanted = world.target_definition()
        new = any(each["taskDefinitionArn"] == wanted and DIGESTS["new"] in str(each["containerDefinitions"]) for each in world.definitions)
        site = self.release.get("site", "green")
        return not (new and (site == "red" or (site == "red after contract" and world.contracted)))


class Faults:
    """Refusals that the release asks for: throttling of one operation, credentials that expire, an operation that is broken or forbidden."""

    def __init__(self, release):
        self._left = [dict(fault) for fault in release.get("faults", [])]

    def meet(self, operation, world, key):
        for fault in self._left:
            if fault.get("operation", operation) != operation or (world.began is None) != (fault.get("before", False)):
                continue
            if fault["code"] == "ExpiredTokenException" and fault.get("key", key) != key:
                continue
            if fault.get("times", 1) > 0:
                fault["times"] = fault.get("times", 1) - 1
                raise Refusal(fault["code"], fault.get("message", "Rate exceeded"), fault.get("status", 400))


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Play:
    """One world, what is asked of it, and the faults that it meets."""

    def __init__(self, release):
        world = World(release)
        world.register(first_definition(release))
        for other in release.get("families", []):
            world.register({**first_definition({}), **other})
        world.begin()
        if release.get("newer"):  # registered by Terraform since
            world.register({**first_definition(release), "memory": "2048"})
        self.api, self.faults, self.keys_given = Api(world, release), Faults(release), 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    one_at_a_time = threading.Lock()
    models = Models()
    play = None

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response_only(status)
        self.send_header("Date", email.utils.formatdate(EPOCH + self.play.api.world.now, usegmt=True))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()

    def do_PUT(self):
        Handler.play = Play(json.loads(self.body()))
        self.answer(200, {})

    def do_GET(self):
        if self.path == "/credentials":
            self.play.keys_given += 1
            end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            return self.answer(200, {"AccessKeyId": f"KEY{self.play.keys_given}", "SecretAccessKey": "secret", "Token": "token", "Expiration": end})
        if self.path == "/calls":
            return self.answer(200, self.play.api.calls)
        if self.path == "/health":
            with self.one_at_a_time:
                well = self.play.api.site_is_well()
                self.play.api.world.visited()
            return self.answer(200 if well else 500, {"status": "healthy" if well else "broken"})
        return self.answer(404, {})

    def do_POST(self):
        body = self.body()
        with self.one_at_a_time:
            self.play.api.world.advance(SECONDS_OF_A_CALL)
            key = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
            try:
                if key is None:
                    raise Refusal("MissingAuthenticationToken", "The request is not signed.", 403)
                self.serve(body, key.group(1))
            except Refusal as refusal:
                self.answer(refusal.status, {"__type": refusal.code, "message": str(refusal)}, "application/x-amz-json-1.1")

    def serve(self, body, key):
        api, faults = self.play.api, self.play.faults
        if "X-Amz-Target" not in self.headers:
            form = dict(urllib.parse.parse_qsl(body))
            api.calls.append(f"elasticloadbalancing:{form['Action']}")
            faults.meet(form["Action"], api.world, key)
            if (form["Action"], form.get("Version"), form.get("TargetGroupArn")) != ("DescribeTargetHealth", "2015-12-01", TARGET_GROUP):
                raise Refusal("InvalidAction", f"{form}")
            return self.answer(200, api.target_health(), "text/xml")
        prefix, operation = self.headers["X-Amz-Target"].split(".")
        service, given = SERVICES[prefix], json.loads(body)
        api.calls.append(f"{service}:{operation}")
        self.models.check(service, operation, given, answer=False)
        faults.meet(operation, api.world, key)
        told = without_none(getattr(api, snake(operation))(given))
        self.models.check(service, operation, told, answer=True)
        self.answer(200, told, "application/x-amz-json-1.1")


def first_definition(release):
    container = {"name": "app", "image": f"{ecs_world.REPOSITORY}@{DIGESTS['old']}", "essential": True, "command": ["serve", "/app"],
                 "portMappings": [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}],
                 "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/app", "awslogs-region": ecs_world.REGION,
                                                                          "awslogs-stream-prefix": "app"}}}
    roles = {f"{kind}RoleArn": f"arn:aws:iam::123456789012:role/app-{kind}" for kind in ("task", "execution")}
    return {"family": "app", **roles, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512", "memory": "1024",
            "containerDefinitions": [container, *release.get("sidecars", [])]}


def main():
    Handler.play = Play({})
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
