"""A service as botocore's model describes it, and what of that was seen."""

import datetime
import functools

import botocore
from harness.clients import arn, client

MINUTE, HOUR, DAY = (datetime.timedelta(minutes=n) for n in (1, 60, 1_440))
GARBAGE = "~garbage"
TOPIC = arn("sns", "watched")


class Contract:
    """A service as its model describes it: who was called, and who refused with what."""

    def __init__(self, world, service):
        self.checks = world.checks
        self.client = client(service, world.server.endpoint)
        # It sends what botocore would stop, so that the server has to.
        self.raw = client(service, world.server.endpoint, parameter_validation=False)
        self.model = self.client.meta.service_model
        self.called, self.provoked = set(), set()
        for one in (self.client, self.raw):
            one.meta.events.register("after-call", self.note)

    def note(self, http_response, model, **_):
        if http_response.status_code < 300:
            self.called.add(model.name)

    def refused(self, operation, error, what, **parameters):
        """The operation refuses the parameters with that error of its model, or with that code if it has none."""
        shapes = self.model.operation_model(operation).error_shapes
        shape = next((shape for shape in shapes if shape.name == error), None)
        code = shape.error_code if shape else error
        status = shape.metadata.get("error", {}).get("httpStatusCode", 400) if shape else 400

        def call():
            answer = getattr(self.raw, botocore.xform_name(operation))(**parameters)
            return str({k: v for k, v in answer.items() if k != "ResponseMetadata"})[:200]

        refusal = self.checks.raises(code, call, f"{operation}, {what}", status)
        if refusal is not None and refusal.response["Error"]["Code"] == code:
            self.checks.that(refusal.response["Error"].get("Message"), f"{operation}, {what}: it says why")
            if shape:
                self.provoked.add((operation, error))
        return refusal

    def pages(self, operation, key, size=None, **parameters):
        """What each page of the operation has, to the end."""
        paginator = self.client.get_paginator(botocore.xform_name(operation))
        config = {"PageSize": size} if size else {}
        return [page[key] for page in paginator.paginate(PaginationConfig=config, **parameters)]


def cleared(begin, end):
    """Wraps a part in what makes and removes its things, so that a part that breaks off spoils nothing for the next."""
    def wrap(part):
        @functools.wraps(part)
        def whole(world):
            begin(world)
            try:
                part(world)
            finally:
                end(world)
        return whole
    return wrap


@functools.cache
def contract(world, service):
    return Contract(world, service)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def flat(pages):
    return [element for page in pages for element in page]
