"""What is kept: the control table, the raw bucket, the symbol universe. All of it outlives the stack."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from pipelines.customer_data.acknowledgments import acknowledge
from pipelines.customer_data.names import Names


class Storage(Construct):
    def __init__(
        self, scope: Construct, name: str, names: Names, symbols: list[str], *, is_production: bool, enforce_ssl: bool
    ) -> None:
        super().__init__(scope, name)
        self.table = self._control_table(names, is_production)
        self.bucket = self._raw_bucket(names, enforce_ssl)
        self._universe(names, symbols)

    def _control_table(self, names: Names, is_production: bool) -> dynamodb.Table:
        """Claims, counters, breakers, leases and the ledger in one, so that one transaction admits a cause (D10)."""
        table = dynamodb.Table(
            self,
            "ControlTable",
            table_name=names.control_table,
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="place", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            # A cleaner only: every condition tests the time itself.
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=is_production,
            removal_policy=RemovalPolicy.RETAIN,
        )
        table.add_global_secondary_index(
            index_name="by-day",
            partition_key=dynamodb.Attribute(name="day", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="at", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        return table

    def _raw_bucket(self, names: Names, enforce_ssl: bool) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "RawBucket",
            bucket_name=names.raw_bucket,
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=enforce_ssl,
            lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        # The native setting: `event_bridge_enabled` of the construct adds a function, a role and a custom resource.
        native = bucket.node.default_child
        assert isinstance(native, s3.CfnBucket)
        native.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "Who read what is CloudTrail's to say; access logs would need a bucket of their own",
        )
        if not enforce_ssl:
            acknowledge(bucket, "AwsSolutions-S10", "Only where a local AWS is spoken to over http")
        return bucket

    def _universe(self, names: Names, symbols: list[str]) -> None:
        """The universe of D7, as a list with commas. Where the file has none (prod) the operators own the parameter.

        A value that CloudFormation owns is written again whenever the template's changes, and only then.
        """
        if symbols:
            ssm.StringListParameter(
                self,
                "Universe",
                parameter_name=names.universe_parameter,
                description="Symbols that may be ingested (D7)",
                string_list_value=symbols,
            )
