"""The arguments that make a process of ours a worker."""

ATTACHMENT_WORKER = "--attachment-worker"
FORMULA_WORKER = "--formula-worker"
IMPORT_WORKER = "--import-worker"
