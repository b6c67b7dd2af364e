"""A transfer in a process of its own, to be killed: `python -m tests.server.proofs.transfer_process ORDER`."""

import json
import sys
from pathlib import Path

from studiolo.server.downloads.answers import RemoteFile
from studiolo.server.downloads.blocks import BlockJournal
from studiolo.server.downloads.limiter import Limiter
from studiolo.server.downloads.transfer import Transfer


def main() -> None:
    order = json.loads(sys.argv[1])
    remote = RemoteFile(order["url"], order["home"], "acme/m", order["size"], order["sha256"])
    Transfer(remote, Path(order["target"]), BlockJournal(Path(order["journal"])), Limiter()).run()


if __name__ == "__main__":
    main()
