"""The driver program (driver.c) and its pipe: requests go in, verdicts come out in the same order."""
import json
import os
import subprocess
from collections import deque

WINDOW = 32  # requests that are under way, so that statements are made while others run
HERE = os.path.dirname(os.path.abspath(__file__))


class Driver:
    def __init__(self, program, shards):
        self.process = subprocess.Popen([program, os.path.join(HERE, "data.sql"), shards], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        if not self.process.stdout.readline():
            raise SystemExit("oracle: the servers could not be started")

    def send(self, request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"oracle: the driver ended with {self.process.wait()}")
        return json.loads(line)

    def ask(self, request):
        self.send(request)
        return self.receive()

    def ask_all(self, requests):
        """(what it belongs to, answer) of each (what it belongs to, request), some of them ahead."""
        waiting = deque()
        for owner, request in requests:
            self.send(request)
            waiting.append(owner)
            if len(waiting) >= WINDOW:
                yield waiting.popleft(), self.receive()
        while waiting:
            yield waiting.popleft(), self.receive()

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def worst(answer):
    """Of an answer's layouts: the one to report."""
    order = ["differs", "refused", "runtime", "equal"]
    return min(answer["layouts"], key=lambda l: order.index(l["verdict"]), default=None)
