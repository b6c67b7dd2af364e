"""What goes on while the window is away: the icon in the tray, notifications, what closing means."""
