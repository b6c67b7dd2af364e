"""What leaves this process, by which way, and a ledger of it: everything that opens a connection comes through here."""
