"""The parts of specification.py; each takes a world and puts what it sees into the world's checks."""
