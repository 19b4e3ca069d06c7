"""The faces of single services, each a thin module on the client; the only code that may name one."""
