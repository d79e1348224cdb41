"""What fails: networks, hosts, memory, name servers, and processes that are killed."""
