"""Which events start what: the patterns of the engine's own rules (D3, D4, D22, D30), what the door lets in (D29)."""

EVENT_PATTERNS: dict[str, tuple[str, dict]] = {
    "transform-pipeline": (
        "Re-ingestion that Transform asks for",
        {
            "source": ["transform.pipeline", "extract.pipeline"],
            "detail-type": ["Processing Complete"],
            "detail": {"trigger_reingestion": [True]},
        },
    ),
    "symbol-universe": (
        "Changes of the symbol universe",
        {"source": ["symbol.universe"], "detail-type": ["Universe Updated"]},
    ),
    "market-events": ("Market close", {"source": ["market.events"], "detail-type": ["Market Close"]}),
    "ops-manual": (
        "Runs that operators ask for over the bus",
        {"source": ["ops.manual"], "detail-type": ["Adhoc Ingestion"]},
    ),
}

# Every source that a rule takes; what partners may publish, and what the door lets through.
SOURCES = sorted({source for _, pattern in EVENT_PATTERNS.values() for source in pattern["source"]})


def object_pattern(buckets: list[str], prefix: str, suffix: str) -> dict:
    """Objects of the buckets under the prefix and with the suffix of §4.

    The notifier publishes as `bellcrank.objects`, for nobody but AWS may publish as `aws.…`.
    """
    prefix, suffix = (text.replace("\\", "\\\\").replace("*", "\\*") for text in (prefix, suffix))
    return {
        "source": ["aws.s3", "bellcrank.objects"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": buckets},
            "object": {"key": [{"wildcard": f"{prefix}*{suffix}"}]},
        },
    }


# Exactly the "Transform EventBridge Event" of §4: the bucket as a text, the object by key and size (D22).
TRANSFORM_PATHS = {
    "id": "$.id",
    "account": "$.account",
    "time": "$.time",
    "region": "$.region",
    "bucket": "$.detail.bucket.name",
    "key": "$.detail.object.key",
    "size": "$.detail.object.size",
}
TRANSFORM_TEMPLATE = (
    '{"version":"0","id":<id>,"detail-type":"Object Created","source":"aws.s3","account":<account>,'
    '"time":<time>,"region":<region>,"detail":{"bucket":<bucket>,"object":{"key":<key>,"size":<size>}}}'
)

TICK = {"bellcrank": "tick"}
