"""Celery's tasks: those that do nothing, and those that sleep."""

import os
import sys
import time

from celery import Celery

app = Celery("work", broker=os.environ["BROKER"])
app.conf.update(task_send_sent_event=False, worker_send_task_events=True, task_ignore_result=True)


@app.task(name="work")
def work(ms: int) -> None:
    time.sleep(ms / 1000)


if __name__ == "__main__":
    count, ms = int(sys.argv[1]), int(sys.argv[2])
    with app.producer_pool.acquire(block=True) as producer:
        for _ in range(count):
            work.apply_async((ms,), producer=producer)
