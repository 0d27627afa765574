"""The load client: sockets and requests at the public contract, in processes of its own."""
