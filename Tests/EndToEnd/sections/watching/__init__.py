"""CloudWatch and CloudWatch Logs, operation by operation; `contracts_watching` puts the parts together."""
