"""What is to be downloaded: the queue of jobs, how each of them is doing, and what is kept of them."""
