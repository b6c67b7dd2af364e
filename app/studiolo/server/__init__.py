"""The program that answers the contract: no Qt, no screen."""
