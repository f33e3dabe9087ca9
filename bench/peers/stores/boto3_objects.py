"""Objects with boto3, as tools/store-bench does it: same settings, same report. As many threads as requests at once."""

import json
import sys
import threading
import time

import boto3
import botocore.config


def main(settings):
    client = boto3.client("s3", endpoint_url=settings["endpoint"], region_name="us-east-1", aws_access_key_id=settings["key_id"],
                          aws_secret_access_key=settings["secret"],
                          config=botocore.config.Config(max_pool_connections=settings["concurrency"], s3={"addressing_style": "path"}))
    data, lock, waits = b"d" * settings["bytes"], threading.Lock(), []
    state = {"turn": 0, "counting": False, "ending": False}

    def work():
        while not state["ending"]:
            with lock:
                turn = state["turn"]
                state["turn"] += 1
            key = f"boto3/{settings['bytes']}-{turn * 7919 % settings['keys']}"
            began = time.perf_counter()
            if settings["operation"] == "put":
                client.put_object(Bucket="documents", Key=key, Body=data, ContentType="application/octet-stream")
            else:
                assert len(client.get_object(Bucket="documents", Key=key)["Body"].read()) == len(data)
            if state["counting"]:
                waits.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(settings["concurrency"])]
    for thread in threads:
        thread.start()
    time.sleep(settings["warm_up_ms"] / 1000)
    began, cpu = time.perf_counter(), time.process_time()
    state["counting"] = True
    time.sleep(settings["duration_ms"] / 1000)
    state["counting"], state["ending"] = False, True
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    for thread in threads:
        thread.join()
    waits.sort()
    print(json.dumps({"operations": len(waits), "seconds": seconds, "cpu": cpu, "p50 us": waits[len(waits) // 2] * 1e6,
                      "p99 us": waits[len(waits) * 99 // 100] * 1e6}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
