"""What tests and people use beside CDK: a local AWS, a deployment without Node, policies in plain."""
