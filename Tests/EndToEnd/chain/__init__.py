"""The chain on AWS: the deployed stack on a local AWS, with the built functions executing, and who may do what."""
