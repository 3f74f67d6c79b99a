"""Starts MiniStack with some of its answers put right, so that what the suite proves holds on AWS too.

1. A handler's error keeps its own name. MiniStack calls every one Runtime.HandlerError; the machine retries by name.
2. A function whose process died is a Runtime.ExitError, as on AWS.
3. An SES identity has the DKIM attributes that CloudFormation knows.
4. An alarm over several metrics can be deployed. MiniStack does no arithmetic with them, so it watches the first alone;
   no test looks at its state.
5. The Scheduler puts the time in place of <aws.scheduler.scheduled-time> in a target's input, goes by the new time of a
   schedule that was changed, and looks every second.
6. SIGUSR1 turns on checks of who may do what (MiniStack's AUTH): CDK's bootstrap roles, which it refuses, have done their
   work by then, and from there on each function may do what its role says and nothing else.
7. Those checks take loopback for TLS: buckets, topic and queue refuse anything else. And they know of a mail what IAM does:
   the identity it is sent by, and its ses:FromAddress.
8. What each call of a function took is noted in calls.jsonl, and what of it was starting the function.
9. A secret is referred to by its ARN, as on AWS; MiniStack takes its name, which no role is allowed to read.

Every change looks for what it replaces and fails when another version of MiniStack does not have it.
"""

import contextvars
import datetime
import json
import signal
import time
import urllib.parse

from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import eventbridge, lambda_svc, scheduler
from ministack.services.cloudformation import provisioners

MARK = "\u0001"


def replaced(text, was, now, times):
    assert text.count(was) == times, f"MiniStack has changed: {was!r} is there {text.count(was)} times, not {times}"
    return text.replace(was, now)


# 1 and 2: the worker hands the name over in front of the message.
script = lambda_runtime._NODEJS_WORKER_SCRIPT
named = 'error: "%s" + ((%s && %s.name) || "Error") + "%s" + '
script = replaced(
    script,
    'error: String(err.message || err), trace',
    named % (MARK, "err", "err", MARK) + "String(err.message || err), trace",
    1,
)
script = replaced(script, "error: e.message, trace", named % (MARK, "e", "e", MARK) + "e.message, trace", 1)
lambda_runtime._NODEJS_WORKER_SCRIPT = script

execute_warm = lambda_svc._execute_function_warm


def execute_with_name(func, event, request_id):
    result = execute_warm(func, event, request_id)
    body = result.get("body")
    if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
        message = body.get("errorMessage", "")
        if message.startswith(MARK):
            _, body["errorType"], body["errorMessage"] = message.split(MARK, 2)
        elif message == "Worker process died":
            body["errorType"] = "Runtime.ExitError"
    return result


lambda_svc._execute_function_warm = execute_with_name

# 3
identity = provisioners._RESOURCE_HANDLERS["AWS::SES::EmailIdentity"]
create_identity = identity["create"]


def create_with_dkim(logical_id, props, stack_name):
    name, attributes = create_identity(logical_id, props, stack_name)
    for at in (1, 2, 3):
        attributes[f"DkimDNSTokenName{at}"] = f"token{at}._domainkey.{name}"
        attributes[f"DkimDNSTokenValue{at}"] = f"token{at}.dkim.amazonses.com"
    return name, attributes


identity["create"] = create_with_dkim

# 4
alarm = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
create_alarm = alarm["create"]


def create_alarm_of_first(logical_id, props, stack_name):
    queries = [query for query in props.get("Metrics") or [] if query.get("MetricStat")]
    if queries:
        stat = queries[0]["MetricStat"]
        rest = {name: value for name, value in props.items() if name != "Metrics"}
        props = {**rest, **stat["Metric"], "Period": stat["Period"], "Statistic": "Sum"}
    return create_alarm(logical_id, props, stack_name)


alarm["create"] = create_alarm_of_first

# 5
invoke_target = eventbridge._invoke_target


def invoke_at_time(target, event, rule, view=None):
    if event.get("Source") == "aws.scheduler" and target.get("Input"):
        at = datetime.datetime.fromtimestamp(event["Time"], datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        target = {**target, "Input": target["Input"].replace("<aws.scheduler.scheduled-time>", at)}
    return invoke_target(target, event, rule, view)


assert "_eb._invoke_target(" in open(scheduler.__file__, encoding="utf-8").read(), "MiniStack has changed its scheduler"
eventbridge._invoke_target = invoke_at_time
scheduler._SCHEDULE_TICK_INTERVAL = 1
update_schedule = scheduler._update_schedule


def update_and_forget(name, body):
    for key in [key for key in scheduler._schedule_last_fired if key[-1].endswith(f"/{name}")]:
        scheduler._schedule_last_fired.pop(key)
    return update_schedule(name, body)


scheduler._update_schedule = update_and_forget


# 6
def enforce(*_):
    app.AUTH = True


signal.signal(signal.SIGUSR1, enforce)

# 7
sender = contextvars.ContextVar("sender", default=None)
resource_arn = iam_actions.extract_resource_arn
condition_key = iam_evaluator._resolve_condition_key


def resource_arn_of_mail(service, method, path, headers, body, query_params, region, account_id):
    form = urllib.parse.parse_qs(body.decode("utf-8", "replace")) if service == "ses" else {}
    sender.set(form.get("Source", [None])[0])
    if form.get("Action") != ["SendRawEmail"]:
        return resource_arn(service, method, path, headers, body, query_params, region, account_id)
    domain = sender.get().rsplit("@", 1)[-1]
    return form.get("SourceArn", [f"arn:aws:ses:{region}:{account_id}:identity/{domain}"])[0]


def condition_key_of_request(key, ctx):
    if key.lower() == "aws:securetransport":
        return "true"
    return sender.get() if key.lower() == "ses:fromaddress" else condition_key(key, ctx)


iam_actions.extract_resource_arn = resource_arn_of_mail
iam_evaluator._resolve_condition_key = condition_key_of_request

# 8
spawn = lambda_runtime.Worker._spawn
invoke = lambda_runtime.Worker.invoke


def spawn_on_record(worker):
    began = time.monotonic()
    spawn(worker)
    worker.start_seconds = time.monotonic() - began


def invoke_on_record(worker, *args, **kwargs):
    began = time.monotonic()
    worker.start_seconds = None
    result = invoke(worker, *args, **kwargs)
    call = {
        "function": worker.func_name,
        "milliseconds": (time.monotonic() - began) * 1000,
        "startMilliseconds": None if worker.start_seconds is None else worker.start_seconds * 1000,
        "failed": result.get("status") != "ok",
    }
    with open("calls.jsonl", "a", encoding="utf-8") as calls:
        calls.write(json.dumps(call) + "\n")
    return result


lambda_runtime.Worker._spawn = spawn_on_record
lambda_runtime.Worker.invoke = invoke_on_record

# 9
secret = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
create_secret = secret["create"]


def create_secret_by_arn(logical_id, props, stack_name):
    name, attributes = create_secret(logical_id, props, stack_name)
    assert attributes["Arn"] != name, "MiniStack refers to secrets by their ARN by now"
    return attributes["Arn"], attributes


secret["create"] = create_secret_by_arn

app.main()
