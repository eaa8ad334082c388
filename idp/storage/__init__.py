"""SQL, replay marks and limit storage behind one thin interface."""
