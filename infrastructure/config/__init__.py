"""The environments: one file of values for both runtimes."""
