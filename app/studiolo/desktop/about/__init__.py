"""Which program this is: its versions and licences, and what the last crash left."""
