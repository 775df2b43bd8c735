"""REST and WebSocket on a running desk: users and roles, the server's routes, and the Python client."""
