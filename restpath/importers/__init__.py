"""Other descriptions of services to definition documents, each with a list of what was left out."""
