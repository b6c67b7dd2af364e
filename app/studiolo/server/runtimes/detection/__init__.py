"""What a machine has for a runtime to compute on, found without anybody's toolkit."""
