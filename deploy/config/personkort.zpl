#   Settings of the services, a section each. Every setting has a default; what is not here has it.
