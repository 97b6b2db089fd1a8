"""The parts of kill9.py: what clients do meanwhile, what they were promised, and what must be true afterwards."""
