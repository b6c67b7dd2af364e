"""The servers we talk to. Nothing here knows a widget."""
