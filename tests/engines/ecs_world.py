"""Deployments of Amazon ECS as they behave, in virtual time: no clock of the machine is read, so the same calls see the same world.

What is modelled: tasks that start, become healthy to the load balancer, fail (pull, secret, exit, memory, health checks) and are replaced;
minimum and maximum healthy percent; the grace of health checks; the circuit breaker (threshold half of the desired count, between 3 and
200; a healthy task sets the count back) and alarms, with and without a way back; Spot interruptions; drain; deployments that supersede
one another; tasks that run once. Sources: ECS Developer Guide, "Deployment circuit breaker", "Rolling update", "Stopped tasks error messages";
API reference, "ServiceDeployment".
"""

import math

ACCOUNT, REGION = "123456789012", "us-east-1"
EPOCH = 1_796_083_200.0  # 2026-12-01
DIGESTS = {"old": "sha256:" + "a" * 64, "new": "sha256:" + "b" * 64, "other": "sha256:" + "c" * 64, "child": "sha256:" + "d" * 64}
TARGET_GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/api/0123456789abcdef"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app"

STOPS = {  # how a task fails: stop code, stopped reason, reason of the container, exit code
    "pull": ("TaskFailedToStart", "CannotPullContainerError: failed to resolve ref: not found", None, None),
    "secret": ("TaskFailedToStart", "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
               "unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find the specified secret.", None, None),
    "exit": ("EssentialContainerExited", "Essential container in task exited", None, 1),
    "memory": ("EssentialContainerExited", "Essential container in task exited", "OutOfMemoryError: Container killed due to memory usage", 137),
    "capacity": ("TaskFailedToStart", "Capacity is unavailable at this time. Please try again later or in a different availability zone", None, None),
}


def arn(kind, name):
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}/{name}"


class Task:
    def __init__(self, world, definition, behaviour, deployment=None, order=None):
        world.tasks_made += 1
        self.number = world.tasks_made
        self.arn = arn("task", f"cluster/{self.number:032x}")
        self.definition, self.behaviour, self.deployment, self.order = definition, behaviour, deployment, order
        self.created, self.running, self.stopping, self.stopped = world.now, None, None, None
        self.stop = None  # code, reason, container reason, exit code
        self.address = f"10.0.{self.number // 250}.{self.number % 250 + 1}"
        self.was_healthy = self.counted = False

    def healthy(self, now):
        ready = self.behaviour.get("ready", 10)
        return self.running is not None and self.stopping is None and ready != "never" and now - self.running >= ready

    def end(self, now, stop, drain=0):
        if self.stopping is None:
            self.stop, self.stopping = stop, now + drain
        if drain == 0:
            self.stopped = now

    def step(self, now, grace):
        """One second of its life."""
        how = self.behaviour.get("fail")
        if self.stopping is not None and self.stopped is None and now >= self.stopping:
            self.stopped = now
        if self.stopped is not None:
            return
        if self.running is None and now - self.created >= self.behaviour.get("start", 20):
            if how in ("pull", "secret", "capacity"):
                return self.end(now, STOPS[how])
            self.running = now
        if self.running is None or self.stopping is not None:
            return
        age = now - self.running
        if self.order is not None and age >= self.behaviour.get("lasts", 15):
            return self.end(now, ("EssentialContainerExited", "Essential container in task exited", None, self.behaviour.get("exit", 0)))
        if how in ("exit", "memory") and age >= self.behaviour.get("after", 5):
            return self.end(now, STOPS[how])
        if self.healthy(now):
            self.was_healthy = True
        elif self.order is None and age >= max(grace, 30):  # two failed checks, 15 s apart, and the grace over
            self.end(now, ("ServiceSchedulerInitiated", f"Task failed ELB health checks in (target-group {TARGET_GROUP})", None, None))


class Deployment:
    def __init__(self, world, definition):
        world.deployments_made += 1
        self.number = world.deployments_made
        self.arn = arn("service-deployment", f"cluster/api/{self.number:022x}")
        self.revision = arn("service-revision", f"cluster/api/{self.number:019d}")
        self.definition, self.created = definition, world.now
        self.status, self.reason, self.finished = "IN_PROGRESS", None, None
        self.failures, self.triggered, self.rollback, self.alarmed = 0, False, None, []

    @property
    def over(self):
        return self.status in ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")


class World:
    """One cluster with one service `api` of the family `app`. `release` is one entry of releases.toml."""

    def __init__(self, release):
        self.now, self.tasks_made, self.deployments_made = 0.0, 0, 0
        self.release = release
        self.service = {"desired": 2, "minimum": 100, "maximum": 200, "grace": 60, "breaker": True, "rollback": True, "drain": 10,
                        **release.get("service", {})}
        self.behaviours = {"old": dict(release.get("old", {})), "new": dict(release.get("new", {}))}
        self.definitions = []  # as RegisterTaskDefinition got them, with arn and revision
        self.tasks, self.orders, self.deployments = [], [], []
        self.contracted = self.was_updated = False
        self.events = sorted(release.get("events", []), key=lambda event: event["at"])
        self.began = None  # of the first UpdateService

    # What is asked of it by the API

    def register(self, given):
        revision = len(self.definitions) + 1
        definition = {**given, "taskDefinitionArn": arn("task-definition", f"{given['family']}:{revision}"), "revision": revision, "status": "ACTIVE"}
        self.definitions.append(definition)
        return definition

    def begin(self):
        """The service as it is before the release: the old revision, healthy."""
        first = self.definitions[0]["taskDefinitionArn"]
        deployment = Deployment(self, first)
        deployment.status, deployment.finished = "SUCCESSFUL", 0.0
        self.deployments.append(deployment)
        for _ in range(self.service["desired"]):
            task = Task(self, first, {}, deployment)
            task.running, task.created, task.was_healthy = -100.0, -130.0, True
            self.tasks.append(task)
        if self.release.get("under_way"):
            self.deploy(first)
            self.began = None

    def deploy(self, definition, desired=None):
        if desired is not None:
            self.service["desired"] = desired
        for deployment in self.deployments:
            if not deployment.over:
                deployment.status, deployment.reason, deployment.finished = "STOPPED", "Superseded by another service deployment.", self.now
        if self.began is not None and self.release.get("old_broken_later"):
            self.behaviours["old"] = {"fail": "secret"}
        self.deployments.append(Deployment(self, definition))
        self.began = self.now if self.began is None else self.began

    def run_once(self, definition, command):
        kind = "plan" if "--plan" in command else "contract" if "--contract" in command else "migrate"
        told = dict(self.release.get("migration", {}).get(kind, {}))
        task = Task(self, definition, told, order=kind)
        self.orders.append(task)
        if kind == "contract" and told.get("exit", 0) == 0:
            self.contracted = True
        return task

    def visited(self):
        """Somebody looks at the site; what others do just then."""
        if self.release.get("while_verified") == "supersede":
            self.release["while_verified"] = None
            self.deploy(self.register(dict(self.definitions[0]))["taskDefinitionArn"])

    # Time

    def advance(self, seconds):
        end = self.now + seconds
        while self.now < end:
            self.now += 1.0
            self._second()

    def _second(self):
        while self.events and self.began is not None and self.now - self.began >= self.events[0]["at"]:
            self._happen(self.events.pop(0))
        for task in self.tasks + self.orders:
            task.step(self.now, self.service["grace"])
        self._schedule()

    def _happen(self, event):
        current = self.deployments[-1]
        if event["what"] == "spot":
            for task in self.alive(current.definition):
                if task.running is not None and task.stopping is None:
                    return task.end(self.now, ("SpotInterruption", "Your Spot Task was interrupted.", None, None), 120)
        elif event["what"] == "alarm" and not current.over:
            current.alarmed = ["api-5xx"]
            self._go_back(current, "Service deployment rolled back because of CloudWatch alarm(s).")
        elif event["what"] == "supersede":
            self.deploy(self.register(dict(self.definitions[0]))["taskDefinitionArn"])
        elif event["what"] == "stop" and not current.over:
            current.status, current.reason, current.finished = "STOPPED", "Service deployment stopped by the user.", self.now
        elif event["what"] == "heal":
            self.behaviours["new"] = {}

    def alive(self, definition=None):
        return [task for task in self.tasks if task.stopped is None and (definition is None or task.definition == definition)]

    def behaviour_of(self, definition):
        new = any(each["taskDefinitionArn"] == definition and DIGESTS["new"] in str(each["containerDefinitions"]) for each in self.definitions)
        return dict(self.behaviours["new" if new else "old"])

    @property
    def threshold(self):
        return min(max(math.ceil(self.service["desired"] / 2), 3), 200)

    def target_definition(self):
        last = self.deployments[-1]
        if last.rollback is not None and last.status in ("ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"):
            return last.rollback["definition"]
        return last.definition

    def _schedule(self):
        wanted, desired = self.target_definition(), self.service["desired"]
        deployment = self.deployments[-1]
        if deployment.status == "STOPPED":
            return
        ours = self.alive(wanted)
        active = [task for task in self.alive() if task.stopping is None]
        ready = sum(task.healthy(self.now) for task in active)
        for task in active:  # the old ones go as far as the minimum allows
            if task.definition == wanted:
                continue
            if not task.healthy(self.now) or ready > math.ceil(desired * self.service["minimum"] / 100):
                ready -= task.healthy(self.now)
                task.end(self.now, ("ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment ecs-svc/{deployment.number:019d})",
                                    None, 0), self.service["drain"])
        room = math.floor(desired * self.service["maximum"] / 100) - len(self.alive())
        missing = desired - sum(task.stopping is None for task in ours)
        for _ in range(max(0, min(room, missing))):
            self.tasks.append(Task(self, wanted, self.behaviour_of(wanted), deployment))
        self._judge(deployment, wanted)

    def _judge(self, deployment, wanted):
        for task in self.tasks:
            if task.deployment is not deployment or task.counted or deployment.over:
                continue
            spot = task.stop is not None and task.stop[0] == "SpotInterruption"
            scaled = task.stop is not None and task.stop[1].startswith("Scaling activity")
            if task.was_healthy and task.definition == wanted:
                task.counted, deployment.failures = True, 0
            elif task.stopped is not None and not spot and not scaled:
                task.counted, deployment.failures = True, deployment.failures + 1
        ours = [task for task in self.alive(wanted) if task.healthy(self.now)]
        others = [task for task in self.alive() if task.definition != wanted]
        if not deployment.over and len(ours) >= self.service["desired"] and not others:
            deployment.status = "ROLLBACK_SUCCESSFUL" if deployment.rollback else "SUCCESSFUL"
            deployment.finished = self.now
        elif not deployment.over and self.service["breaker"] and deployment.failures >= self.threshold:
            deployment.triggered = True
            if deployment.rollback is not None:
                deployment.status, deployment.finished = "ROLLBACK_FAILED", self.now
                deployment.reason = "The tasks of the service revision to roll back to did not start."
            else:
                self._go_back(deployment, "Service deployment rolled back because the circuit breaker threshold was exceeded.")

    def _go_back(self, deployment, reason):
        before = next((each for each in reversed(self.deployments[:-1]) if each.status == "SUCCESSFUL"), None)
        if not self.service["rollback"] or before is None or self.release.get("never_good"):
            deployment.status, deployment.finished = "STOPPED", self.now
            deployment.reason = "The circuit breaker threshold was exceeded, and there is no rollback."
            return
        deployment.status, deployment.failures = "ROLLBACK_IN_PROGRESS", 0
        deployment.rollback = {"reason": reason, "startedAt": EPOCH + self.now, "serviceRevisionArn": before.revision, "definition": before.definition}
        if self.release.get("old_broken"):
            self.behaviours["old"] = {"fail": "secret"}
