"""What this machine is made of, and how busy it is; looked at only when somebody asks."""
