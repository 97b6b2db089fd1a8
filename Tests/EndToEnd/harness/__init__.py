"""What the end-to-end scripts share: processes, AWS clients, and the bookkeeping of checks."""
